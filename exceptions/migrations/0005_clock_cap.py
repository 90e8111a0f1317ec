from django.db import migrations, models
from django.db.models import Q


class Migration(migrations.Migration):
    dependencies = [("exceptions", "0004_backtests")]

    operations = [
        migrations.AddField("clock", "cap", models.DecimalField(decimal_places=2, max_digits=12, null=True)),
        migrations.AddIndex(
            "clock", models.Index(fields=["due_at"], name="clock_broken", condition=Q(level__gte=2))
        ),
    ]
