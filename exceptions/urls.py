"""Addresses of exceptions."""

from django.urls import include, path

from exceptions import api, views
from exceptions.commanding import api as commands
from exceptions.commanding import views as commanding
from exceptions.filing import api as filing_api
from exceptions.filing import views as filing
from exceptions.judged import api as judged_api
from exceptions.judged import views as judged
from exceptions.live import views as live
from exceptions.reporting import api as reporting_api
from exceptions.reporting import views as reporting
from exceptions.rulemaking import api as rules

urlpatterns = [
    # First: cases/<pk>/<action>/ would take cases/<pk>/watch/ for an action.
    path("", include("exceptions.together.urls")),
    path("desk/", views.desk, name="desk"),
    path("desk/pulse/", live.pulse, name="desk-pulse"),
    path("desk/bulk/", commanding.bulk, name="desk-bulk"),
    path("desk/log/", commanding.log, name="command-log"),
    path("desk/log/<int:pk>/", commanding.command, name="command"),
    path("desk/log/<int:pk>/commit/", commanding.commit, name="command-commit"),
    path("desk/log/<int:pk>/cancel/", commanding.cancel, name="command-cancel"),
    path("desk/log/<int:pk>/undo/", commanding.undo, name="command-undo"),
    path("desk/kinds/", reporting.kinds, name="kinds"),
    path("", include("exceptions.queueing.urls")),
    path("desk/blind/", judged.blind, name="blindspots"),
    path("reports/new/", reporting.new, name="report-new"),
    path("reports/paste/", reporting.paste, name="report-paste"),
    path("reports/<int:pk>/close/", reporting.close, name="report-close"),
    # No log-in: the token says which order, and that we gave it out.
    path("report/<str:token>/", reporting.buyer, name="buyer-report"),
    path("api/reports/", reporting_api.Reports.as_view(), name="api-reports"),
    path("api/reports/<int:pk>/close/", reporting_api.CloseReport.as_view(), name="api-report-close"),
    path("orders/<int:pk>/limits/", judged.order_limits, name="order-limits"),
    path("cases/<int:pk>/", views.case, name="case"),
    path("cases/<int:pk>/filing/", filing.act, name="case-filing"),
    path("", include("exceptions.playbooks.urls")),
    path("cases/<int:pk>/<slug:action>/", views.act, name="case-act"),
    path("api/cases/", api.Cases.as_view(), name="api-cases"),
    path("api/cases/bulk/", commands.Bulk.as_view(), name="api-cases-bulk"),
    path("api/commands/", commands.Commands.as_view(), name="api-commands"),
    path("api/commands/<int:pk>/", commands.OneCommand.as_view(), name="api-command"),
    path("api/commands/<int:pk>/commit/", commands.CommitCommand.as_view(), name="api-command-commit"),
    path("api/commands/<int:pk>/cancel/", commands.CancelCommand.as_view(), name="api-command-cancel"),
    path("api/commands/<int:pk>/undo/", commands.UndoCommand.as_view(), name="api-command-undo"),
    path("api/cases/<int:pk>/", api.OneCase.as_view(), name="api-case"),
    path("api/cases/<int:pk>/<slug:action>/", api.ActOnCase.as_view(), name="api-case-act"),
    path("api/filings/", filing_api.Filings.as_view(), name="api-filings"),
    path("api/filings/<int:pk>/answer/", filing_api.AnswerFiling.as_view(), name="api-filing-answer"),
    path("api/blindspots/", judged_api.Blindspots.as_view(), name="api-blindspots"),
    path("", include("exceptions.incidents.urls")),
    path("", include("exceptions.backtesting.urls")),
    path("", include("exceptions.support.urls")),
    path("api/rules/", rules.Rules.as_view(), name="api-rules"),
    path("api/rules/versions/", rules.Versions.as_view(), name="api-rules-versions"),
    path("api/rules/draft/", rules.Draft.as_view(), name="api-rules-draft"),
    path("api/rules/draft/<slug:part>/", rules.DraftPart.as_view(), name="api-rules-draft-part"),
    path("api/rules/draft/<slug:part>/<str:key>/", rules.DraftItem.as_view(), name="api-rules-draft-item"),
    path("api/rules/publish/", rules.Publish.as_view(), name="api-rules-publish"),
    path("api/rules/rebase/", rules.Rebase.as_view(), name="api-rules-rebase"),
    path("api/rules/rollback/", rules.Rollback.as_view(), name="api-rules-rollback"),
    path("api/rules/trial/", rules.Trial.as_view(), name="api-rules-trial"),
    path("api/rules/discard/", rules.Discard.as_view(), name="api-rules-discard"),
    path("api/rules/<slug:code>/", rules.OneRule.as_view(), name="api-rule"),
    # Last: rules/<code>/ would take rules/backtests/ for a code.
    path("", include("exceptions.rulemaking.urls")),
]
