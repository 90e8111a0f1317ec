"""Tracking events in monthly partitions, keyed by waybill, instant and words; each with the rule that read it."""

from datetime import UTC, datetime

import django.db.models.deletion
from django.db import migrations, models

# Enough for the histories that come in with a first import; older ones lie in the default partition.
MONTHS_BACK, MONTHS_AHEAD = 12, 3
COLUMNS = "waybill_id, fingerprint, occurred_at, position, stage, cause, text, place, code, recorded_at, answer_id"
PARTITIONED = """
ALTER TABLE shipments_trackingevent RENAME TO shipments_trackingevent_old;
CREATE TABLE shipments_trackingevent (
    waybill_id bigint NOT NULL REFERENCES shipments_waybill DEFERRABLE INITIALLY DEFERRED,
    occurred_at timestamptz NOT NULL,
    fingerprint bytea NOT NULL,
    position smallint NOT NULL CHECK (position >= 0),
    stage varchar(24) NOT NULL,
    cause varchar(24) NOT NULL,
    text varchar(500) NOT NULL,
    place varchar(80) NOT NULL,
    code varchar(20) NOT NULL,
    rule varchar(80) NOT NULL,
    recorded_at timestamptz NOT NULL,
    answer_id bigint REFERENCES shipments_rawanswer DEFERRABLE INITIALLY DEFERRED,
    PRIMARY KEY (waybill_id, occurred_at, fingerprint)
) PARTITION BY RANGE (occurred_at);
CREATE INDEX event_answer ON shipments_trackingevent (answer_id);
CREATE INDEX event_unread ON shipments_trackingevent (waybill_id) WHERE rule = '';
CREATE TABLE shipments_trackingevent_rest PARTITION OF shipments_trackingevent DEFAULT;
"""


def partition(apps, schema_editor):
    now = datetime.now(UTC)
    first = now.year * 12 + now.month - 1
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(PARTITIONED)
        for count in range(first - MONTHS_BACK, first + MONTHS_AHEAD + 1):
            start = datetime(count // 12, count % 12 + 1, 1, tzinfo=UTC)
            end = datetime((count + 1) // 12, (count + 1) % 12 + 1, 1, tzinfo=UTC)
            table = f"shipments_trackingevent_y{start:%Y}m{start:%m}"
            cursor.execute(
                f"CREATE TABLE {table} PARTITION OF shipments_trackingevent FOR VALUES FROM (%s) TO (%s)", [start, end]
            )
        # What was read by no rule has neither a stage nor a cause; which one read the rest is not known any more.
        cursor.execute(
            f"INSERT INTO shipments_trackingevent ({COLUMNS}, rule) SELECT {COLUMNS}, "
            "CASE WHEN stage = 'unknown' AND cause = '' THEN '' WHEN code = '' THEN 'text:any' ELSE 'code:' || code END "
            "FROM shipments_trackingevent_old"
        )
        cursor.execute("DROP TABLE shipments_trackingevent_old")


class Migration(migrations.Migration):
    dependencies = [("shipments", "0003_asked_at")]
    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(partition)],
            state_operations=[
                migrations.RemoveIndex("trackingevent", "event_track"),
                migrations.RemoveConstraint("trackingevent", "event_told_once"),
                migrations.RemoveField("trackingevent", "id"),
                migrations.AddField("trackingevent", "rule", models.CharField(blank=True, max_length=80)),
                migrations.AlterField(
                    "trackingevent",
                    "waybill",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="shipments.waybill",
                    ),
                ),
                migrations.AlterField(
                    "trackingevent",
                    "answer",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="events",
                        to="shipments.rawanswer",
                    ),
                ),
                migrations.AddField(
                    "trackingevent",
                    "pk",
                    models.CompositePrimaryKey(
                        "waybill", "occurred_at", "fingerprint", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                migrations.AddIndex("trackingevent", models.Index(fields=["answer"], name="event_answer")),
                migrations.AddIndex(
                    "trackingevent",
                    models.Index(condition=models.Q(("rule", "")), fields=["waybill"], name="event_unread"),
                ),
            ],
        ),
    ]
