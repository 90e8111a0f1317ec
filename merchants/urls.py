"""Addresses of merchants."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from merchants import views

urlpatterns = [
    path(
        "login/",
        LoginView.as_view(template_name="merchants/login.html", redirect_authenticated_user=True),
        name="login",
    ),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("profile/", views.profile, name="profile"),
    path("profile/language/", views.language, name="language"),
    path("profile/theme/", views.theme, name="theme"),
    path("profile/shortcuts/", views.shortcuts, name="shortcuts"),
    path("profile/merchant/", views.merchant, name="merchant"),
]
