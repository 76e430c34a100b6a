"""Who may use the API: keys with scopes, and remembered answers for repeated writes."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from rest_framework_api_key.models import AbstractAPIKey

SCOPES = [
    ("calls:read", "read calls and their timelines"),
    ("calls:write", "end and redirect live calls"),
    ("queues:read", "read queues and who is waiting"),
    ("agents:read", "read agents and offers"),
    ("recordings:read", "listen to recordings"),
    ("records:hold", "put calls on legal hold"),
]


class ApiKey(AbstractAPIKey):
    """An integrator's key; only its hash is stored."""

    scopes = ArrayField(
        models.CharField(max_length=20, choices=SCOPES),
        default=list,
        help_text="What the key is good for. Only what its program needs.",
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(AbstractAPIKey.Meta):
        verbose_name = "API key"
        verbose_name_plural = "API keys"


class IdempotencyRecord(models.Model):
    """The answer to a write, given again when the same client repeats it with the same key."""

    client = models.CharField(max_length=80)  # which key or user
    key = models.CharField(max_length=255)
    request_hash = models.CharField(max_length=64)
    # Written in the transaction of the write itself, so there is no answer "under way".
    status = models.PositiveSmallIntegerField()
    body = models.JSONField(encoder=DjangoJSONEncoder)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["client", "key"], name="one_answer_per_key")]
        indexes = [models.Index(fields=["created_at"], name="answers_by_age")]

    def __str__(self) -> str:
        return f"{self.client} {self.key}"
