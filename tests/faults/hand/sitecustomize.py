"""Python runs this in every process of a simulated day (it stands on their PYTHONPATH): Django's clock is the day's.

The hour hand is a file with one ISO instant; it stands still until the test moves it. Whatever measures real seconds
(timeouts, the schedule of nudges) goes on by the machine's clock.
"""

import os
from datetime import datetime
from pathlib import Path

from django.utils import timezone

HAND = Path(os.environ["SIMULATED_DAY"])


def _now() -> datetime:
    return datetime.fromisoformat(HAND.read_text())


timezone.now = _now
