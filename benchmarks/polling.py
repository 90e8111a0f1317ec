"""Questions a second by two worker processes among 200,000 active parcels, against a simulated carrier over loopback.

The floor is what those parcels need: each one asked about once in three hours, 18.5 questions a second; the ratio is the
headroom. Each question measured brings a whole track that is new, which is the dearest kind: most bring nothing.
"""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.request import urlopen

ACTIVE = 200_000
NEEDED = ACTIVE / (3 * 3600)
MOST = 6_000  # questions measured
WORKERS = 2
PATIENCE = 30.0

# Numbers of ours for those the simulator knows nothing of, so that there are ACTIVE in all; a third near a deadline.
STATEMENTS = """
insert into shipments_waybill (merchant_id, carrier_id, number, phone_tail, created_at, stage, cause, doubts,
    last_text, event_count, account_id, poll_failures, poll_error)
select %(merchant)s, %(carrier)s, 'YP' || lpad(i::text, 13, '0'), '', %(now)s, 'in_transit', '', '{}', '', 0, %(account)s, 0, ''
from generate_series(1, %(active)s - (select count(*) from shipments_waybill)) i;

update shipments_waybill set polled_at = %(now)s, asked_at = %(now)s, subscribed_at = %(now)s, lease_until = null,
    free_at = null, asks = array(select %(now)s::timestamptz - n * interval '1 hour' from generate_series(12, 1, -1) n),
    poll_at = %(now)s::timestamptz + interval '1 hour' + (id %% 5400) * interval '1 second',
    deadline_at = case when id %% 3 = 0 then %(now)s::timestamptz + (id %% 1440) * interval '1 minute'
                       when id %% 3 = 1 then %(now)s::timestamptz + interval '2 days' end;

update shipments_waybill w set number = t.number, carrier_id = c.id, phone_tail = t.tail, poll_at = %(now)s
from (select row_number() over () as n, number, company, tail
      from unnest(%(numbers)s::text[], %(companies)s::text[], %(tails)s::text[]) as t(number, company, tail)) t
join shipments_carrier c on c.code = t.company
join (select row_number() over (order by id) as n, id from shipments_waybill where event_count = 0) mine on mine.n = t.n
where w.id = mine.id
"""


def bench(name: str, scene: Any) -> Iterator[Any]:
    """Have WORKERS processes ask about up to MOST due parcels among ACTIVE."""
    from benchmarks.measuring import Result
    from shipments.models import Waybill

    with simulator() as url:
        _prepare(scene, url)
        due = Waybill.objects.filter(poll_at__lte=scene.now).count()
        took = _work()
    asked = due - Waybill.objects.filter(poll_at__lte=scene.now).count()
    assert asked == due > MOST / 4, (asked, due)
    assert Waybill.objects.filter(polled_at__gt=scene.now, event_count__gt=0).count() > asked / 2
    yield Result(name, f"questions asked of {ACTIVE:,} parcels, headroom", asked / took, NEEDED, goal=1.0)


@contextmanager
def simulator() -> Iterator[str]:
    """Run a simulated carrier in which time stands still; its address."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = ["--port", str(port), "--speed", "0", "--orders", str(4 * MOST), "--fault", "min_interval=0"]
    process = subprocess.Popen([sys.executable, "-m", "simulator", *words], stdout=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        until = time.monotonic() + PATIENCE
        while True:
            try:
                with urlopen(f"{url}/healthz"):  # noqa: S310 - our own address
                    break
            except OSError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.1)
        yield url
    finally:
        process.terminate()
        process.wait()


def _prepare(scene: Any, url: str) -> None:
    from django.db import connection

    from shipments.models import Carrier, CarrierAccount

    parcels = _parcels(url)
    account = CarrierAccount.objects.get(merchant=scene.member.merchant)
    account.base_url, account.credentials = url, {"customer": "DEMO-CUSTOMER", "key": "DEMO-KEY-100"}
    account.save()
    values = {
        "merchant": scene.member.merchant.pk,
        "carrier": Carrier.objects.get(code="yuantong").pk,
        "account": account.pk,
        "now": scene.now,
        "active": ACTIVE,
        "numbers": [parcel["waybill"] for parcel in parcels],
        "companies": [parcel["actual_carrier"] for parcel in parcels],
        "tails": [parcel["phone_tail"] for parcel in parcels],
    }
    with connection.cursor() as cursor:
        cursor.execute(STATEMENTS, values)
        cursor.execute("vacuum analyze")


def _parcels(url: str) -> list[dict[str, str]]:
    """The truth about up to MOST parcels; the simulator lists 200 at a time, by scenario and carrier."""
    from shipments.models import Carrier

    with urlopen(f"{url}/control/state") as answer:  # noqa: S310 - our own address
        scenarios = json.load(answer)["scenarios"]
    found: dict[str, dict[str, str]] = {}
    for scenario in scenarios:
        for code in Carrier.objects.values_list("code", flat=True):
            query = f"scenario={scenario}&carrier={code}&limit=200"
            with urlopen(f"{url}/control/parcels?{query}") as answer:  # noqa: S310 - our own address
                found |= {parcel["waybill"]: parcel for parcel in json.load(answer)["parcels"] if parcel["waybill"]}
    return list(found.values())[:MOST]


def _work() -> float:
    """Start the workers, let them go at one moment, and return the seconds until the last one is done."""
    command = [sys.executable, "-m", "benchmarks.polling"]
    workers = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(WORKERS)
    ]
    for worker in workers:
        assert worker.stdout
        assert worker.stdout.readline() == "ready\n"
    began = time.perf_counter()
    for worker in workers:
        assert worker.stdin
        worker.stdin.write("go\n")
        worker.stdin.flush()
    for worker in workers:
        worker.communicate()
    return time.perf_counter() - began


def work() -> None:
    """One worker process: ask until nothing is due."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shipops.settings")
    os.environ.setdefault("LOG_LEVEL", "ERROR")
    import django

    django.setup()
    from django.utils import timezone

    from shipments import claiming, polling

    claiming.claim(timezone.now().replace(year=2000))  # connected, and what is imported late is
    print("ready", flush=True)
    sys.stdin.readline()
    while polling.poll(timezone.now()).claimed:
        pass


if __name__ == "__main__":
    work()
