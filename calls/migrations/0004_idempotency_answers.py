"""An answer is kept together with the write that it answers: none is ever without."""

import django.contrib.postgres.fields
import django.core.serializers.json
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0003_waiting_leave_by"),
    ]

    operations = [
        migrations.RunSQL(
            "delete from calls_idempotencyrecord where status is null or body is null",
            migrations.RunSQL.noop,
        ),
        migrations.AlterField(
            model_name="apikey",
            name="scopes",
            field=django.contrib.postgres.fields.ArrayField(
                base_field=models.CharField(
                    choices=[
                        ("calls:read", "read calls and their timelines"),
                        ("calls:write", "end and redirect live calls"),
                        ("queues:read", "read queues and who is waiting"),
                        ("agents:read", "read agents and offers"),
                    ],
                    max_length=20,
                ),
                default=list,
                help_text="What the key is good for. Only what its program needs.",
                size=None,
            ),
        ),
        migrations.AlterField(
            model_name="idempotencyrecord",
            name="body",
            field=models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder),
        ),
        migrations.AlterField(
            model_name="idempotencyrecord",
            name="status",
            field=models.PositiveSmallIntegerField(),
        ),
        migrations.AddIndex(
            model_name="idempotencyrecord",
            index=models.Index(fields=["created_at"], name="answers_by_age"),
        ),
    ]
