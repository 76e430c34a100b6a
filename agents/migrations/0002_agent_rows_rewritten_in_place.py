"""Every open desk rewrites its agent's row every ten seconds: leave room for that on the page."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("agents", "0001_initial")]

    operations = [
        migrations.RunSQL(
            "alter table agents_agent set (fillfactor = 60, autovacuum_vacuum_scale_factor = 0.05)",
            "alter table agents_agent reset (fillfactor, autovacuum_vacuum_scale_factor)",
        ),
    ]
