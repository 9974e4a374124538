"""Tables of documents, desks and the journal. docs/architecture.md explains why the tables are divided in
this way."""

from invoices.models.api import ApiAnswer, ApiToken
from invoices.models.calendar import AnnualReturn, DueDateExtension, PortalClock
from invoices.models.desk import Decision, RecipientDesk
from invoices.models.job import Job
from invoices.models.journal import JournalEntry, JournalHead, JournalLine, JournalSeal
from invoices.models.record import ArchivedRecord, Record
from invoices.models.signing_in import Guesses, RecoveryCode, SignIn
from invoices.models.tally import DeskTally
from invoices.models.taxpayer import Membership, Role, Taxpayer
from invoices.models.webhook import Delivery, Webhook, WebhookHost
from invoices.models.working import ActionBatch, PastedList, Preference, SavedView, StagedChoice

__all__ = [
    "ApiAnswer",
    "ApiToken",
    "ActionBatch",
    "AnnualReturn",
    "ArchivedRecord",
    "Decision",
    "Delivery",
    "DeskTally",
    "DueDateExtension",
    "Guesses",
    "Job",
    "JournalEntry",
    "JournalHead",
    "JournalLine",
    "JournalSeal",
    "Membership",
    "PastedList",
    "PortalClock",
    "Preference",
    "RecipientDesk",
    "Record",
    "RecoveryCode",
    "Role",
    "SavedView",
    "SignIn",
    "StagedChoice",
    "Taxpayer",
    "Webhook",
    "WebhookHost",
]
