import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.utils import timezone


class Migration(migrations.Migration):

    dependencies = [
        ('exceptions', "0014_playbooks"),
        ('merchants', '0002_rules'),
        ('shipments', '0009_pushes'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='CaseSite',
            fields=[
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, primary_key=True, related_name='site', serialize=False, to='exceptions.case')),
                ('where', models.CharField(blank=True, max_length=6)),
                ('place', models.CharField(blank=True, max_length=120)),
                ('to_place', models.CharField(blank=True, max_length=120)),
                ('since', models.DateTimeField()),
                ('scan_at', models.DateTimeField(null=True)),
                ('read_at', models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name='GatheringRule',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('threshold', models.PositiveSmallIntegerField()),
                ('window_hours', models.PositiveSmallIntegerField()),
                ('close_below', models.PositiveSmallIntegerField()),
                ('close_hours', models.PositiveSmallIntegerField()),
            ],
        ),
        migrations.CreateModel(
            name='IncidentChild',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('joined_at', models.DateTimeField()),
                ('by_hand', models.BooleanField(default=False)),
                ('left_at', models.DateTimeField(null=True)),
                ('left_why', models.CharField(blank=True, choices=[('healed', 'Healed'), ('moved', 'Moved on'), ('removed', 'Taken out')], max_length=8)),
            ],
            options={
                'verbose_name_plural': 'incident children',
            },
        ),
        migrations.CreateModel(
            name='IncidentEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.DateTimeField()),
                ('action', models.CharField(choices=[('open', 'Opened'), ('close', 'Closed'), ('reopen', 'Came to a stand again'), ('assign', 'In charge'), ('note', 'Note'), ('notice', 'Done for all of it'), ('add', 'Cases added'), ('remove', 'Cases taken out'), ('split', 'Split off')], max_length=8)),
                ('note', models.TextField(blank=True)),
                ('detail', models.JSONField(default=dict)),
            ],
            options={
                'verbose_name_plural': 'incident entries',
            },
        ),
        migrations.AddField(
            model_name='incident',
            name='began_at',
            field=models.DateTimeField(default=timezone.now),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name='incident',
            name='calm_since',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='incident',
            name='closed_by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='incident',
            name='reopened_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='incident',
            name='reopenings',
            field=models.PositiveSmallIntegerField(db_default=0, default=0),
        ),
        migrations.AlterField(
            model_name='incident',
            name='where',
            field=models.CharField(choices=[('pickup', 'Pickup outlet'), ('outlet', 'Outlet'), ('hub', 'Hub'), ('leg', 'Leg')], max_length=6),
        ),
        migrations.AddIndex(
            model_name='command',
            index=models.Index(condition=models.Q(('query__startswith', 'incident=')), fields=['query'], name='command_of_incident'),
        ),
        migrations.AddIndex(
            model_name='incident',
            index=models.Index(fields=['merchant', '-closed_at'], name='incident_closed'),
        ),
        migrations.AddField(
            model_name='casesite',
            name='carrier',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='shipments.carrier'),
        ),
        migrations.AddField(
            model_name='gatheringrule',
            name='carrier',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='shipments.carrier'),
        ),
        migrations.AddField(
            model_name='gatheringrule',
            name='merchant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='gathering_rules', to='merchants.merchant'),
        ),
        migrations.AddField(
            model_name='incidentchild',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='incidentchild',
            name='case',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='memberships', to='exceptions.case'),
        ),
        migrations.AddField(
            model_name='incidentchild',
            name='incident',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='children', to='exceptions.incident'),
        ),
        migrations.AddField(
            model_name='incidententry',
            name='by',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='incidententry',
            name='command',
            field=models.ForeignKey(null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='exceptions.command'),
        ),
        migrations.AddField(
            model_name='incidententry',
            name='incident',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='entries', to='exceptions.incident'),
        ),
        migrations.AddConstraint(
            model_name='gatheringrule',
            constraint=models.UniqueConstraint(fields=('merchant', 'carrier'), name='gathering_once_a_carrier', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='gatheringrule',
            constraint=models.CheckConstraint(condition=models.Q(('threshold__gte', 2), ('window_hours__gte', 1)), name='gathering_of_several'),
        ),
        migrations.AddIndex(
            model_name='incidentchild',
            index=models.Index(condition=models.Q(('left_at__isnull', True)), fields=['incident'], name='child_inside'),
        ),
        migrations.AddConstraint(
            model_name='incidentchild',
            constraint=models.UniqueConstraint(fields=('incident', 'case'), name='child_once_an_incident'),
        ),
        migrations.AddConstraint(
            model_name='incidentchild',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('left_at__isnull', True), ('left_why', '')), models.Q(('left_at__isnull', False), models.Q(('left_why', ''), _negated=True)), _connector='OR'), name='child_left_for_a_reason'),
        ),
        migrations.AddIndex(
            model_name='incidententry',
            index=models.Index(fields=['incident', '-at', '-id'], name='entry_of_incident'),
        ),
        migrations.AddConstraint(
            model_name='incidententry',
            constraint=models.CheckConstraint(condition=models.Q(('action__in', ['open', 'close', 'reopen', 'assign', 'note', 'notice', 'add', 'remove', 'split'])), name='incident_action_known'),
        ),
    ]
