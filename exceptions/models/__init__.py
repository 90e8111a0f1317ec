"""What goes wrong: clocks (derived from facts and terms) and cases (what people do about them)."""

from exceptions.models.backtests import BackTest, BackTestLine, BackTestSample
from exceptions.models.cases import Case, CaseEntry
from exceptions.models.clocks import Blindspot, Clock
from exceptions.models.command_log import Command, CommandItem
from exceptions.models.incidents import Incident
from exceptions.models.lookups import Lookup
from exceptions.models.reports import Report
from exceptions.models.rules import Filing, Policy, Release

__all__ = [
    "BackTest",
    "BackTestLine",
    "BackTestSample",
    "Blindspot",
    "Case",
    "CaseEntry",
    "Clock",
    "Command",
    "CommandItem",
    "Filing",
    "Incident",
    "Lookup",
    "Policy",
    "Release",
    "Report",
]
