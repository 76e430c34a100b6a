"""What somebody may do so often is counted by all processes together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("calls", "0004_idempotency_answers"),
    ]

    operations = [
        migrations.CreateModel(
            name="Allowance",
            fields=[
                ("subject", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("full_at", models.DateTimeField()),
            ],
            options={"verbose_name": "limit"},
        ),
        # To count costs no write to the disk; a database that fell begins to count anew.
        migrations.RunSQL(
            "alter table calls_allowance set unlogged", "alter table calls_allowance set logged"
        ),
    ]
