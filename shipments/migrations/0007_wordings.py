"""The inbox of wordings, the log of scans read anew, and the index that finds what the inbox is about."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("merchants", "0001_initial"),
        ("shipments", "0006_onward"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="EventReading",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("occurred_at", models.DateTimeField()),
                ("fingerprint", models.BinaryField(max_length=16)),
                ("from_stage", models.CharField(max_length=24)),
                ("from_cause", models.CharField(blank=True, max_length=24)),
                ("from_rule", models.CharField(blank=True, max_length=80)),
                ("to_stage", models.CharField(max_length=24)),
                ("to_cause", models.CharField(blank=True, max_length=24)),
                ("to_rule", models.CharField(blank=True, max_length=80)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Wording",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("provider", models.CharField(blank=True, max_length=40)),
                ("code", models.CharField(blank=True, max_length=20)),
                ("phrase", models.CharField(max_length=120)),
                ("count", models.PositiveIntegerField(default=0)),
                ("first_seen_at", models.DateTimeField()),
                ("last_seen_at", models.DateTimeField()),
                ("example", models.CharField(max_length=160)),
                ("read_stage", models.CharField(default="unknown", max_length=24)),
                ("read_cause", models.CharField(blank=True, max_length=24)),
                ("read_rule", models.CharField(blank=True, max_length=80)),
                ("stage", models.CharField(blank=True, max_length=24)),
                ("cause", models.CharField(blank=True, max_length=24)),
                ("mapped_at", models.DateTimeField(null=True)),
                ("reread_at", models.DateTimeField(null=True)),
                ("reread_after", models.BigIntegerField(default=0)),
                ("reread_waybills", models.PositiveIntegerField(default=0)),
                ("reread_scans", models.PositiveIntegerField(default=0)),
                ("reread_error", models.CharField(blank=True, max_length=300)),
            ],
        ),
        migrations.RemoveIndex(
            model_name="trackingevent",
            name="event_unread",
        ),
        migrations.AddIndex(
            model_name="trackingevent",
            index=models.Index(
                condition=models.Q(
                    ("rule", ""),
                    ("rule__startswith", "whole:"),
                    ("rule__startswith", "admin:"),
                    models.Q(
                        models.Q(("rule__startswith", "code:"), _negated=True), models.Q(("code", ""), _negated=True)
                    ),
                    _connector="OR",
                ),
                fields=["waybill"],
                name="event_inbox",
            ),
        ),
        migrations.AddField(
            model_name="eventreading",
            name="by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="eventreading",
            name="waybill",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="readings", to="shipments.waybill"
            ),
        ),
        migrations.AddField(
            model_name="wording",
            name="mapped_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="wording",
            name="merchant",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="wordings", to="merchants.merchant"
            ),
        ),
        migrations.AddField(
            model_name="wording",
            name="reread_by",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddField(
            model_name="wording",
            name="waybill",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.SET_NULL, related_name="+", to="shipments.waybill"
            ),
        ),
        migrations.AddIndex(
            model_name="wording",
            index=models.Index(
                condition=models.Q(("reread_at__isnull", False)), fields=["reread_at"], name="wording_reread"
            ),
        ),
        migrations.AddIndex(
            model_name="wording",
            index=models.Index(fields=["merchant", "-count", "-id"], name="wording_inbox"),
        ),
        migrations.AddConstraint(
            model_name="wording",
            constraint=models.UniqueConstraint(
                fields=("merchant", "provider", "code", "phrase"), name="wording_once_a_merchant"
            ),
        ),
    ]
