"""Addresses of playbooks and of the steps of a case."""

from django.urls import path

from exceptions.playbooks import api, views

urlpatterns = [
    path("rules/playbooks/", views.playbooks, name="playbooks"),
    path("rules/playbooks/<slug:kind>/", views.playbook, name="playbook"),
    path("cases/<int:pk>/steps/<slug:code>/", views.step, name="case-step"),
    path("api/playbooks/", api.Playbooks.as_view(), name="api-playbooks"),
    path("api/playbooks/<slug:kind>/", api.OnePlaybook.as_view(), name="api-playbook"),
    path("api/cases/<int:pk>/steps/", api.CaseSteps.as_view(), name="api-case-steps"),
    path("api/cases/<int:pk>/steps/<slug:code>/", api.OneCaseStep.as_view(), name="api-case-step"),
]
