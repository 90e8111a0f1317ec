"""Wake a worker for work that is already written down: quick where it can be, never waited for, never relied upon."""

import logging
import threading
from typing import Any

log = logging.getLogger(__name__)
_sending = threading.Lock()


def nudge(task: Any) -> None:
    """Send a Celery task in the background; what a lost nudge would have started, the schedule finds.

    A broker that is down keeps its client trying for 8 s (measured), which no request must wait for. While one nudge is on
    its way others are left out.
    """
    if _sending.acquire(blocking=False):
        threading.Thread(target=_send, args=(task,), daemon=True).start()


def _send(task: Any) -> None:
    try:
        task.apply_async(retry=False)
    except task.OperationalError as error:
        log.warning("no broker to nudge %s: %s", task.name, error)
    finally:
        _sending.release()
