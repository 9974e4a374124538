"""Sign-in: a person's sessions, the recovery codes for a lost phone, and the counts of wrong guesses."""

from django.conf import settings
from django.db import models


class SignIn(models.Model):
    """One sign-in of a person. `session_key` is the key of the session, and empty after the session's end."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_ins")
    session_key = models.CharField(max_length=40, blank=True, db_index=True)
    began_at = models.DateTimeField()
    seen_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    address = models.CharField(max_length=45, blank=True)
    browser = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.user_id} {self.began_at:%d-%m-%Y %H:%M}"


class RecoveryCode(models.Model):
    """A code that a person can use once instead of the authenticator. The code has 120 random bits, so its
    plain SHA-256 is safe to store."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="recovery_codes"
    )
    digest = models.CharField(max_length=64)
    made_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "digest"], name="one_recovery_code")]

    def __str__(self) -> str:
        return f"{self.user_id} {'used' if self.used_at else 'unused'}"


class Guesses(models.Model):
    """A count of recent wrong guesses for a name, an IP address or a person's code. The count is in the
    database, so that a lock survives the end of a process. Names are stored as digests, because people type
    passwords into the name field by mistake."""

    kind = models.CharField(max_length=8)
    key = models.CharField(max_length=64)
    misses = models.PositiveIntegerField(default=0)
    since = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        verbose_name = "count of guesses"
        verbose_name_plural = "counts of guesses"
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="one_count_of_guesses")]

    def __str__(self) -> str:
        return f"{self.kind} {self.misses}"
