"""API tokens of programs that work for people, and the stored answers to their requests."""

from django.conf import settings
from django.db import models


class ApiToken(models.Model):
    """The secret by which a program acts for a person. The table stores only the SHA-256 of the secret, so
    nobody can use the table's content as a token. `scopes` limits the actions of the program. The person's
    roles at a GSTIN limit the actions further."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="api_tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    beginning = models.CharField(max_length=12, help_text="A name by which the owner recognises the token")
    scopes = models.CharField(max_length=100, help_text="Words, separated by spaces")
    second_factor = models.BooleanField(
        default=False, help_text="The session that made the token had passed the second factor"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.beginning}…)"

    @property
    def scope_set(self) -> frozenset[str]:
        return frozenset(self.scopes.split())


class ApiAnswer(models.Model):
    """The answer to a write request with an Idempotency-Key. The transaction of the write also stores the
    answer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=80)
    request_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    body = models.TextField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "key"], name="one_answer_per_user_and_key")]
        indexes = [models.Index(fields=["created_at"], name="api_answer_by_age")]

    def __str__(self) -> str:
        return self.key
