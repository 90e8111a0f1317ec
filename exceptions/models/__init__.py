"""What goes wrong: clocks (derived from facts and terms) and cases (what people do about them)."""

from exceptions.models.attachments import Attachment, AttachmentBody
from exceptions.models.backtests import BackTest, BackTestLine, BackTestSample
from exceptions.models.cases import Case, CaseEntry
from exceptions.models.clocks import Blindspot, Clock
from exceptions.models.command_log import Command, CommandItem
from exceptions.models.gathered import CaseSite, IncidentAction, IncidentChild, IncidentEntry
from exceptions.models.incidents import GatheringRule, Incident
from exceptions.models.lookups import Lookup
from exceptions.models.playbooks import CaseStep, Playbook, PlaybookStep
from exceptions.models.reports import Report
from exceptions.models.rules import Filing, Policy, Release
from exceptions.models.saved import DefaultView, View
from exceptions.models.together import (
    CLAIM_MINUTES,
    DeskRules,
    Duty,
    Handover,
    HandoverItem,
    Notice,
    Skill,
    Told,
    Watch,
)

__all__ = [
    "CLAIM_MINUTES",
    "Attachment",
    "AttachmentBody",
    "BackTest",
    "BackTestLine",
    "BackTestSample",
    "Blindspot",
    "Case",
    "CaseEntry",
    "CaseSite",
    "CaseStep",
    "Clock",
    "Command",
    "CommandItem",
    "DefaultView",
    "DeskRules",
    "Duty",
    "Filing",
    "GatheringRule",
    "Handover",
    "HandoverItem",
    "Incident",
    "IncidentAction",
    "IncidentChild",
    "IncidentEntry",
    "Lookup",
    "Notice",
    "Playbook",
    "PlaybookStep",
    "Policy",
    "Release",
    "Report",
    "Skill",
    "Told",
    "View",
    "Watch",
]
