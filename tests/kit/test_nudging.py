import threading

from shipops.kit import nudging
from shipops.kit.nudging import nudge

SECONDS = 10


class Task:
    """Stands for a Celery task whose broker holds the line until it is let go."""

    name = "orders.tasks.run_imports"

    class OperationalError(Exception):
        pass

    def __init__(self, fails: bool = False) -> None:
        self.fails = fails
        self.sent = 0
        self.reached, self.let_go = threading.Event(), threading.Event()

    def apply_async(self, retry: bool) -> None:
        assert retry is False
        self.sent += 1
        self.reached.set()
        assert self.let_go.wait(SECONDS)
        if self.fails:
            raise self.OperationalError("no broker")


def settled() -> None:
    """Wait until no nudge is on its way, one of an earlier test included."""
    assert nudging._sending.acquire(timeout=SECONDS)
    nudging._sending.release()


def test_a_nudge_does_not_wait_for_the_broker_and_others_are_left_out() -> None:
    settled()
    task = Task()
    nudge(task)
    assert task.reached.wait(SECONDS)
    nudge(task)
    task.let_go.set()
    settled()
    assert task.sent == 1
    nudge(task)
    settled()
    assert task.sent == 2


def test_a_broker_that_is_down_is_logged_and_nothing_more(caplog) -> None:
    task = Task(fails=True)
    task.let_go.set()
    settled()
    nudge(task)
    settled()
    assert "no broker to nudge orders.tasks.run_imports" in caplog.text
