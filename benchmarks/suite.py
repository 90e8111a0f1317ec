"""The list of benchmarks, over one scene."""

from collections.abc import Iterator
from datetime import UTC, datetime

from benchmarks import (
    bulk,
    desk,
    imports,
    judging,
    pages,
    polling,
    pushes,
    recording,
    ringing,
    searching,
    simulator,
    verdicts,
    working,
)
from benchmarks.measuring import Result
from benchmarks.scene import build

NOW = datetime.now(UTC).replace(microsecond=0)


def run(only: str, scale: int) -> Iterator[Result]:
    """Build the scene once and run every benchmark whose name begins with `only`."""
    chosen = [name for name in (*BENCHMARKS, *ALONE) if name.startswith(only)]
    if not chosen:
        raise SystemExit(f"no benchmark begins with {only!r}; there are: {', '.join((*BENCHMARKS, *ALONE))}")
    alone = {name: ALONE[name] for name in chosen if name in ALONE}
    shared = {name: BENCHMARKS[name] for name in chosen if name in BENCHMARKS}
    if shared:
        scene = build(scale, NOW)
        for name, bench in shared.items():
            yield from bench(name, scene)
    for name, bench_alone in alone.items():
        yield from bench_alone(name, scale, NOW)


BENCHMARKS = {
    "import": imports.bench,
    "record": recording.bench,
    "push": pushes.bench,
    "judge": judging.bench_first,
    "rejudge": judging.bench_again,
    "sweep": ringing.bench,
    "idle": ringing.bench_idle,
    "workers": working.bench_workers,
    "memory": working.bench_memory,
    "verdict": verdicts.bench,
    "queue": pages.bench,
    "search": searching.bench,
    "bulk": bulk.bench,
    "simulator": simulator.bench,
    "poll": polling.bench,
    # Last: it leaves the database a hundred times as large.
    "grown": recording.bench_grown,
}

# These make a scene of their own, of that many orders.
ALONE = {"desk": desk.bench}
