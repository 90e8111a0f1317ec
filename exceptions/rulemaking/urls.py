"""Addresses of the rules."""

from django.urls import path

from exceptions.rulemaking.views import change, rules, spans, versions

WINDOWS, WAIVERS = {"sort": "windows"}, {"sort": "waivers"}

urlpatterns = [
    path("rules/", rules.rules, name="rules"),
    path("rules/windows/", spans.spans, WINDOWS, name="rule-windows"),
    path("rules/windows/new/", spans.span, WINDOWS, name="rule-window-new"),
    path("rules/windows/<str:key>/", spans.span, WINDOWS, name="rule-window"),
    path("rules/windows/<str:key>/drop/", spans.drop, WINDOWS, name="rule-window-drop"),
    path("rules/waivers/", spans.spans, WAIVERS, name="rule-waivers"),
    path("rules/waivers/new/", spans.span, WAIVERS, name="rule-waiver-new"),
    path("rules/waivers/<str:key>/", spans.span, WAIVERS, name="rule-waiver"),
    path("rules/waivers/<str:key>/drop/", spans.drop, WAIVERS, name="rule-waiver-drop"),
    path("rules/hours/", spans.hours, name="rule-hours"),
    path("rules/regions/", spans.region, name="rule-region"),
    path("rules/own/new/", change.own_new, name="rule-own-new"),
    path("rules/own/<slug:code>/", change.own, name="rule-own"),
    path("rules/own/<slug:code>/drop/", change.drop_own, name="rule-own-drop"),
    path("rules/draft/", versions.draft, name="rule-draft"),
    path("rules/draft/revert/", versions.revert, name="rule-draft-revert"),
    path("rules/draft/publish/", versions.publish, name="rule-draft-publish"),
    path("rules/draft/trial/", versions.trial, name="rule-draft-trial"),
    path("rules/draft/rebase/", versions.rebase, name="rule-draft-rebase"),
    path("rules/draft/discard/", versions.discard, name="rule-draft-discard"),
    path("rules/versions/", versions.versions, name="rule-versions"),
    path("rules/versions/<int:number>/rollback/", versions.rollback, name="rule-rollback"),
    path("rules/<slug:code>/", rules.rule, name="rule"),
    path("rules/<slug:code>/check/", rules.check, name="rule-check"),
    path("rules/<slug:code>/change/", change.change, name="rule-change"),
    path("rules/<slug:code>/change/drop/", change.drop_change, name="rule-change-drop"),
]
