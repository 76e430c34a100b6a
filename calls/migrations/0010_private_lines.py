from django.db import migrations, models

import calls.states


class Migration(migrations.Migration):

    dependencies = [("calls", "0009_legs_accepted")]

    operations = [
        migrations.AddField(
            model_name="leg",
            name="is_private",
            field=models.BooleanField(default=False),
        ),
        migrations.AddConstraint(
            model_name="leg",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("ended_at__isnull", True), ("role", calls.states.LegRole["SUPERVISOR"])
                ),
                fields=("user",),
                name="one_live_supervisor_leg_per_user",
            ),
        ),
    ]
