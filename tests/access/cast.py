"""The people of the access table (docs/access.csv), and a GSTIN with one object of every kind that an address
can name."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.test import Client

from ims_portal.kernel import clock
from invoices import jobs
from invoices.desk import batches
from invoices.journal.writing import By
from invoices.models import Role, Taxpayer
from invoices.people import tokens
from invoices.people.tokens import Scope
from invoices.queries.record_list.records import Filters
from invoices.register import uploading
from invoices.rules.situation import Action
from returns.files import downloads, ims_import
from returns.files.downloads import Wanted
from tests.invoices.register.registers import bill, taken
from tests.returns.gstn.plain import Plain

ROLES = {
    "viewer": Role.VIEWER,
    "preparer": Role.PREPARER,
    "signatory": Role.SIGNATORY,
    "clerk": Role.SUPPLIER_CLERK,
    "auditor": Role.AUDITOR,
}
# anonymous is not signed in; the stranger has every role, but only at another GSTIN
PEOPLE = ("anonymous", *ROLES, "staff", "superuser", "stranger")
SCOPES = tuple(f"scope {scope.value}" for scope in Scope)
ANY_SCOPE = [scope.value for scope in Scope]


@dataclass
class Cast:
    """The people of the access table, with their browsers, API tokens and GSTN sessions. `own` is the
    recipient at whose GSTIN the people have their roles. `ids` has the ids of the recipient's objects."""

    world: Any
    own: Taxpayer
    ids: dict[str, Any]
    browsers: dict[str, Client] = field(default_factory=dict)
    secrets: dict[str, str] = field(default_factory=dict)
    programs: dict[str, Any] = field(default_factory=dict)


def gather_cast(world) -> Cast:
    """Create the people of the access table, and one object of every kind at the recipient's GSTIN. Return
    the people and the objects' ids.

    The recipient is also a supplier, so the GSTIN has documents and forms of a supplier too."""
    cast = Cast(world, world.recipient, one_of_everything(world))
    elsewhere = world.taxpayer("33", 3001, "Elsewhere")
    people = {name: world.person(name, role) for name, role in ROLES.items()}
    people["staff"] = world.person("staff", is_staff=True)
    people["superuser"] = world.person("superuser", is_staff=True, is_superuser=True)
    people["stranger"] = world.person("stranger", *Role, at=elsewhere)
    cast.browsers["anonymous"] = Client()
    for name, person in people.items():
        cast.browsers[name] = Client()
        cast.browsers[name].force_login(person)
        _token, cast.secrets[name] = tokens.make(person, name, ANY_SCOPE, 30)
        cast.programs[name] = Plain(Client(), name).signs_in()
    cast.programs["anonymous"] = Plain(Client(), "viewer")
    allowed = world.person("all", *Role)
    for column, scope in zip(SCOPES, Scope, strict=True):
        _token, cast.secrets[column] = tokens.make(allowed, column, [scope.value], 30)
    return cast


def one_of_everything(world) -> dict[str, Any]:
    """Create one object of every kind. Return the objects' ids as a dict. Most keys are names of placeholders
    in addresses, such as `record_id`."""
    recipient, supplier = world.recipient, world.supplier
    maker = world.person("maker", *Role)
    by = By(user=maker)
    first, last = world.saves(), world.saves()
    sold = world.saves(by=recipient, recipient=supplier.gstin, place_of_supply=supplier.state)
    world.goes_to("2024-11-05 10:00")
    world.files("2024-10")
    world.files("2024-10", by=recipient)
    world.acts("accept", first)
    world.goes_to("2024-11-16 10:00")
    world.files_3b("2024-10")
    draft = world.saves(
        by=recipient, recipient=supplier.gstin, place_of_supply=supplier.state, period="2024-11",
        document_date="2024-11-02",
    )  # fmt: skip
    now = world.saves(period="2024-11", document_date="2024-11-03")
    batch, _foreseen = batches.prepare(
        recipient, Action.ACCEPTED, Filters(), user=maker, address="/", as_of=clock.now()
    )
    export = downloads.ask(recipient, Wanted("ims"), by=by)
    assert jobs.run(export.pk).state == "done"
    imported = ims_import.receive(recipient, b"{}", "ims.json", by=by)
    register = uploading.receive(recipient, b"no register", "register.csv", by=by)
    upload = taken(recipient, bill("A-1", supplier=supplier))
    token, _secret = tokens.make(maker, "own", ["read"], 30)
    return {
        "record_id": now.pk, "gone": first.pk, "pending": last.pk, "sold": sold.pk, "record": draft.pk,
        "document_id": draft.pk, "batch_id": batch.pk, "job_id": export.pk, "import_id": imported.pk,
        "token_id": token.pk, "number": 1, "register_job_id": register.pk, "upload_id": upload.pk,
    }  # fmt: skip
