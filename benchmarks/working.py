"""Worker processes of the sweep: two beside one, and what one takes of memory.

python -m benchmarks.working judge|ring INSTANT     one worker, told to go on its standard input
"""

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

MOST = 30_000
ROUNDS = 3
MEGABYTES = 300
REMEMBERED = 100_000  # orders judged before a worker's memory is looked at


class Worked(NamedTuple):
    seconds: float
    # Of the largest worker, at its largest.
    kilobytes: int


def run(verb: str, now: datetime, workers: int) -> Worked:
    """Have so many processes judge or ring until nothing is due at `now`; from the word go until the last is done."""
    command = [sys.executable, "-m", "benchmarks.working", verb, now.isoformat()]
    processes = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(workers)
    ]
    for process in processes:
        assert process.stdout
        assert process.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for process in processes:
        assert process.stdin
        process.stdin.write("go\n")
        process.stdin.flush()
    said = [process.communicate()[0] for process in processes]
    took = time.perf_counter() - began
    return Worked(took, max(json.loads(answer)["kilobytes"] for answer in said))


def bench_workers(name: str, scene: Any) -> Iterator[Any]:
    """Two processes beside one: up to MOST orders judged again after a change of the rules, and as many clocks rung."""
    from benchmarks import judging, ringing
    from benchmarks.measuring import Result
    from orders.models import Order

    judging.judge_all(scene)
    chosen = list(Order.objects.order_by("pk").values_list("pk", flat=True)[:MOST])

    def judge(workers: int) -> float:
        judging.change_rules(scene)
        Order.objects.filter(pk__in=chosen).update(review_at=scene.now)
        return run("judge", scene.now, workers).seconds

    def ring(workers: int) -> float:
        then = ringing.make_due(scene, len(chosen))
        return run("ring", then, workers).seconds

    for what, work in (("orders judged again", judge), ("clocks rung", ring)):
        work(2)
        pairs = [(work(1), work(2)) for _ in range(ROUNDS)]
        # The median pair: what else this machine does falls on both of a pair.
        one, two = sorted(pairs, key=lambda pair: pair[0] / pair[1])[len(pairs) // 2]
        yield Result(name, f"{what} by two processes beside one", len(chosen) / two, len(chosen) / one, goal=1.7)


def bench_memory(name: str, scene: Any) -> Iterator[Any]:
    """How often a worker that has judged REMEMBERED orders (all, where there are fewer) fits into MEGABYTES."""
    from benchmarks.measuring import Result
    from orders.models import Order

    chosen = Order.objects.order_by("pk").values("pk")[:REMEMBERED]
    Order.objects.update(review_at=None)
    Order.objects.filter(pk__in=chosen).update(review_at=scene.now)
    worked = run("judge", scene.now, workers=1)
    yield Result(
        name,
        f"MB left to a worker, MB it takes, after {len(chosen):,} orders",
        MEGABYTES,
        worked.kilobytes / 1024,
        1.0,
        per="",
    )


def main(verb: str, now: datetime) -> None:
    """One worker: judge or ring until nothing is due."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    import django

    django.setup()

    from exceptions import sweep

    batch = {"judge": sweep.judge_batch, "ring": sweep.ring_batch}[verb]
    batch(now.replace(year=2000))  # connected, and what is imported late is
    print("ready", flush=True)
    sys.stdin.readline()
    while batch(now):
        pass
    print(json.dumps({"kilobytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss}))


if __name__ == "__main__":
    main(sys.argv[1], datetime.fromisoformat(sys.argv[2]))
