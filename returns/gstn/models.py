"""Tables for programs that use GSTN's API: clients, their sessions, their requests, and files prepared for
them."""

from django.conf import settings
from django.db import models

from invoices.models import Taxpayer


class Client(models.Model):
    """A program admitted to the API. `users` are the portal's users for whom the client may sign in with its
    OTP. The portal stores only a digest of the secret, and a password hash of the OTP."""

    name = models.CharField(max_length=60)
    client_id = models.CharField(max_length=32, unique=True)
    secret_digest = models.CharField(max_length=64, unique=True)
    otp_hash = models.CharField(max_length=200)
    users = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="gstn_clients", blank=True)
    is_operator = models.BooleanField(default=False, help_text="May move the sandbox's clock")
    failed_otps = models.PositiveSmallIntegerField(default=0)
    locked_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.name} ({self.client_id[:6]}…)"


class Session(models.Model):
    """A user who is signed in through a client. The table contains the token's digest, not the token. The
    session key is encrypted with a key that is made from the token. Therefore a person who reads the table
    learns neither the token nor the session key. A session without a session key is in plain mode. Sessions
    expire by real time, so a move of the sandbox's clock does not end a session."""

    client = models.ForeignKey(Client, on_delete=models.CASCADE, related_name="sessions")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    token_digest = models.CharField(max_length=64, unique=True)
    sealed_key = models.BinaryField(null=True)
    expires_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    evc = models.JSONField(
        null=True,
        help_text="The filing for which an EVC was requested, and the time until which the EVC is valid",
    )

    def __str__(self) -> str:
        return f"{self.user} through {self.client}"


class Request(models.Model):
    """A client's request. The client asks for the state of the request by `reference`. The portal stores the
    request before it replies, so no request is lost. The portal processes a taxpayer's requests in the order
    in which they came."""

    class Kind(models.TextChoices):
        SAVE = "SAV", "Actions saved"
        RESET = "RST", "Actions reset"
        GENERATE = "GEN", "GSTR-2B generated"
        RETURN = "RET", "Return saved"
        CLEAR = "CLR", "Return reset"
        PROCEED = "PTF", "Summary made ready to sign"
        INTEREST = "INT", "Interest computed"

    class State(models.TextChoices):
        RECEIVED = "REC", "Received"
        DONE = "P", "Processed"
        PARTLY = "PE", "Processed with errors"
        FAILED = "ER", "Failed"

    reference = models.CharField(max_length=15, unique=True)
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+")
    client = models.ForeignKey(Client, null=True, on_delete=models.SET_NULL, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=3, choices=Kind.choices)
    form = models.CharField(max_length=8, blank=True)
    period = models.PositiveIntegerField(null=True)
    body = models.BinaryField(
        null=True, help_text="The JSON of the request, compressed. Deleted after the request is processed"
    )
    body_digest = models.CharField(
        max_length=64,
        blank=True,
        help_text="SHA-256 of the JSON. For a summary made ready to sign, the summary's checksum",
    )
    state = models.CharField(max_length=3, choices=State.choices, default=State.RECEIVED)
    processed = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    error_code = models.CharField(max_length=20, blank=True)
    error_message = models.TextField(blank=True)
    report = models.JSONField(null=True, help_text="The refusals, as the client gets them")
    kept = models.JSONField(
        null=True,
        help_text="GSTR-3B as saved, or the sections of GSTR-1 that do not reach IMS. Only the last request "
        "of a form and period keeps them",
    )
    created_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["id"]
        indexes = [models.Index(fields=["taxpayer", "state", "id"], name="gstn_request_to_do")]

    def __str__(self) -> str:
        return f"{self.kind} {self.reference} {self.state}"


class Download(models.Model):
    """A response with too many records for one reply. The client gets the response as files, which a job
    writes. `files` is None until the job is done."""

    token = models.CharField(max_length=32, unique=True)
    taxpayer = models.ForeignKey(Taxpayer, on_delete=models.PROTECT, related_name="+")
    asked = models.JSONField(help_text="The call and its parameters")
    files = models.JSONField(null=True, help_text="[{name, count, digest}, ...] after all files are written")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["taxpayer", "expires_at"], name="gstn_download_by_taxpayer")]

    def __str__(self) -> str:
        return f"{self.taxpayer.gstin} {self.token}"
