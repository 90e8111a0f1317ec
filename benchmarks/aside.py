"""What we wrote, put aside and taken back, so that a floor can write the very same rows."""

from collections.abc import Iterable
from typing import Any

from django.db import connection

# What judging and ringing write, and which rows of it are some orders'. Those that others refer to come first.
CLOCKS, CASES, ENTRIES, WAYBILLS = "exceptions_clock", "exceptions_case", "exceptions_caseentry", "shipments_waybill"
OF_ORDERS = {
    WAYBILLS: """t.id in (select p.waybill_id from shipments_parcel p join orders_dispatch d on d.id = p.dispatch_id
                         where d.order_id = any(%s))""",
    CASES: "t.order_id = any(%s)",
    CLOCKS: "t.order_id = any(%s)",
    ENTRIES: "t.case_id in (select id from exceptions_case where order_id = any(%s))",
}


def keep(ids: list[int]) -> None:
    """Copy these orders' rows as they are to before_… ."""
    with connection.cursor() as cursor:
        for table, bound in OF_ORDERS.items():
            cursor.execute(f"drop table if exists before_{table}, after_{table}, gone_{table}")
            cursor.execute(f"create table before_{table} as select * from {table} t where {bound}", [ids])
            cursor.execute(f"create unique index on before_{table} (id)")


def take_back(ids: list[int]) -> None:
    """Copy what has changed since to after_… and what is gone to gone_…, and make the rows what they were before."""
    with connection.cursor() as cursor:
        for table, bound in OF_ORDERS.items():
            changed = f"select * from {table} t where {bound} except select * from before_{table}"
            cursor.execute(f"create table after_{table} as {changed}", [ids])
            cursor.execute(f"create unique index on after_{table} (id)")
            gone = f"select * from before_{table} b where not exists (select 1 from {table} t where t.id = b.id)"
            cursor.execute(f"create table gone_{table} as {gone}")
        new = f"select id from after_{CASES} except select id from before_{CASES}"
        cursor.execute(f"update {CLOCKS} set case_id = null where case_id in ({new})")
        for table in reversed(OF_ORDERS):
            cursor.execute(
                f"delete from {table} where id in (select id from after_{table} except select id from before_{table})"
            )
        for table in OF_ORDERS:
            cursor.execute(write(table, f"select * from before_{table}"))
        cursor.execute("vacuum analyze")


def write(table: str, rows: str) -> str:
    """The statement that writes these rows over those of the same ids."""
    with connection.cursor() as cursor:
        cursor.execute(f"select * from {table} limit 0")
        names = [column.name for column in cursor.description]
    sets = ", ".join(f"{name} = excluded.{name}" for name in names if name != "id")
    return f"insert into {table} {rows} on conflict (id) do update set {sets}"


def changed(table: str, columns: Iterable[str], ids: list[int]) -> list[tuple[Any, ...]]:
    """Rows of after_… of these orders."""
    with connection.cursor() as cursor:
        cursor.execute(f"select {', '.join(columns)} from after_{table} t where {OF_ORDERS[table]}", [ids])
        return cursor.fetchall()
