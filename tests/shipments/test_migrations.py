"""An installation that has scans already keeps them when its tables change."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg2
import pytest

ROOT = Path(__file__).resolve().parents[2]

OLD = """
insert into merchants_merchant (code, name, created_at) values ('m', 'M', now());
insert into shipments_carrier (code, name_zh, name_en) values ('toy', 'T', 'T');
insert into shipments_waybill (merchant_id, carrier_id, number, phone_tail, created_at, stage, cause, last_text, event_count,
    poll_failures, poll_error)
select m.id, c.id, 'T000001', '', now(), 'in_transit', '', '', 3, 0, '' from merchants_merchant m, shipments_carrier c
where c.code = 'toy';
insert into shipments_trackingevent (waybill_id, fingerprint, occurred_at, position, stage, cause, text, place, code, recorded_at)
select w.id, decode(md5(t.stage || at), 'hex'), at::timestamptz, 0, t.stage, '', t.stage, '', t.code, now()
from shipments_waybill w, (values ('2015-03-11T01:05:00Z', 'picked_up', '103'), (now()::text, 'in_transit', ''),
    (now()::text, 'unknown', 'X9')) as t(at, stage, code);
"""


@pytest.fixture
def fresh() -> Iterator[str]:
    """The address of a database of its own."""
    url, name = os.environ["DATABASE_URL"], f"shipops_migrating_{os.getpid()}"
    server = psycopg2.connect(url)
    server.autocommit = True
    with server.cursor() as cursor:
        cursor.execute(f"create database {name}")
        yield urlunsplit(urlsplit(url)._replace(path=f"/{name}"))
        cursor.execute(f"drop database {name} with (force)")
    server.close()


def migrate(url: str, *to: str) -> None:
    argv = [sys.executable, "manage.py", "migrate", "--verbosity", "0", *to]
    subprocess.run(argv, check=True, cwd=ROOT, env=os.environ | {"DATABASE_URL": url})


def test_scans_move_into_the_tables_of_their_months_and_say_how_they_were_read(fresh: str) -> None:
    migrate(fresh, "shipments", "0003")
    migrate(fresh, "merchants")
    with psycopg2.connect(fresh) as connection, connection.cursor() as cursor:
        cursor.execute(OLD)
    migrate(fresh)
    with psycopg2.connect(fresh) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select stage, rule, tableoid::regclass::text like '%_rest' from shipments_trackingevent order by occurred_at, stage"
        )
        assert cursor.fetchall() == [
            ("picked_up", "code:103", True),
            ("in_transit", "text:any", False),
            ("unknown", "", False),
        ]
