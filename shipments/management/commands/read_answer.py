"""How a provider's answer is read, as JSON; for finding out why a parcel shows what it shows."""

import json
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from shipments import carriers
from shipments.answers import Answer, NotAnAnswer
from shipments.bodies import ZONE
from shipments.reading import confidence

UNUSABLE = 2


class Command(BaseCommand):
    help = "Print how a stored answer, push or recognition of a provider is read (needs no database)."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--provider", required=True, help="code of the provider, for example kuaidi100 or sf")
        parser.add_argument("file", help="file that holds the body as it came; - reads standard input")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            provider = carriers.provider(options["provider"])
            body = sys.stdin.buffer.read() if options["file"] == "-" else Path(options["file"]).read_bytes()
            told = [_document(answer) for answer in provider.read(body)]
        except LookupError as error:
            self._refuse(str(error.args[0]))
        except OSError as error:
            self._refuse(f"{options['file']} cannot be read: {error.strerror}")
        except NotAnAnswer as error:
            self._refuse(f"{options['file']}: {error}")
        else:
            document: Any = told[0] if len(told) == 1 else told
            self.stdout.write(json.dumps(document, ensure_ascii=False, indent=2))

    def _refuse(self, sentence: str) -> None:
        self.stderr.write(f"{sentence}.")
        raise SystemExit(UNUSABLE)


def _document(answer: Answer) -> dict[str, Any]:
    """One waybill; an answer about several (SF) prints a list of these."""
    progress = answer.progress
    events = [
        {
            "at": event.occurred_at.astimezone(ZONE).isoformat(),
            "stage": event.stage.value,
            "cause": event.cause and event.cause.value,
            "text": event.text,
            "place": event.place,
            "code": event.code,
            "rule": event.rule,
            "confidence": confidence(event.rule).value,
        }
        for event in answer.events
    ]
    failure = answer.failure
    return {
        "kind": answer.kind.value,
        "waybill": answer.number,
        "carrier": answer.carrier,
        "stage": progress.stage.value,
        "cause": progress.cause and progress.cause.value,
        "status": answer.status,
        "events": events,
        "last_event_at": progress.last_event_at and progress.last_event_at.astimezone(ZONE).isoformat(),
        "warnings": [*answer.warnings, *answer.doubts],
        "error": failure and {
            "kind": failure.trouble.value,
            "message": failure.message,
            "retry_after_minutes": failure.after and int(failure.after.total_seconds() // 60),
            "account_wide": failure.account_wide,
        },
    }  # fmt: skip
