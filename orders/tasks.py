"""The nudge that brings uploaded files in."""

from celery import shared_task
from django.utils import timezone

from orders import imports

# Runs one nudge takes on before it lets others in; the next nudge goes on.
MOST = 20


@shared_task(name="orders.tasks.run_imports")
def run_imports() -> int:
    """Bring in what is queued and take over what a dead worker left; return how many runs."""
    for done in range(MOST):
        run = imports.claim(timezone.now())
        if run is None:
            return done
        imports.work(run, timezone.now)
    return MOST
