"""How often somebody may do something."""

from django.db import models


class Allowance(models.Model):
    """What is used up of it has come back by `full_at`; with no row, nothing is used up.

    Counted by all processes together, in a table that need not survive the database's fall: it is
    unlogged, so that counting costs a request no write to the disk.
    """

    # Whose: `api key:…`, `api user:…`, `account …`, `address …` (see those who take).
    subject = models.CharField(max_length=200, primary_key=True)
    full_at = models.DateTimeField()

    class Meta:
        verbose_name = "limit"

    def __str__(self) -> str:
        return self.subject
