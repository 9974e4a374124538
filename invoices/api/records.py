"""API: the record list, one record with its explanation, and a record's history."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from invoices.api import record_rows
from invoices.api.common.base import TaxpayerView, json_bytes, nothing, one_of
from invoices.api.common.fields import also
from invoices.api.common.paging import limit_parameter, size_asked
from invoices.api.record_shapes import HistoryPage, OneRecord, RecordPage
from invoices.journal import history
from invoices.models import ArchivedRecord, Record
from invoices.models.choices import SECTION_LABELS
from invoices.queries.calendar import calendar
from invoices.queries.explain import explain
from invoices.queries.record_list import filters as asked_filters
from invoices.queries.record_list import rare_matches
from invoices.queries.record_list.counts import Desk
from invoices.queries.record_list.filters import (
    CHOICES,
    MOST_ENDS,
    MOST_PERIODS,
    MOST_SUPPLIERS,
    NAMES,
    PAST_IMS,
    SIGNS,
    YES_NO,
    Filters,
)
from invoices.queries.record_list.records import SORTS
from invoices.rules.situation import Route

SECTIONS = ("all", *SECTION_LABELS)
# parameters that may be empty; an empty parameter does not limit the list
FREE = ("q", "min", "max")


def _choice(name: str, values: Any, words: str = "") -> OpenApiParameter:
    return OpenApiParameter(name, OpenApiTypes.STR, enum=list(values), description=words)


def _several(name: str) -> OpenApiParameter:
    """Describe, for the OpenAPI document, a query parameter with several values, separated by commas."""
    return OpenApiParameter(
        name, OpenApiTypes.STR, many=True, enum=list(CHOICES[name]), style="form", explode=False
    )


FILTERS = [
    _choice("section", SECTIONS),
    OpenApiParameter(
        "q",
        OpenApiTypes.STR,
        description="Same as the search box: number, name, GSTIN or PAN or a part of it, >50000",
    ),
    *(_several(name) for name in CHOICES),
    _choice("lands", ("this", "later", "earlier")),
    OpenApiParameter("min", OpenApiTypes.STR, description="Least taxable value in rupees"),
    OpenApiParameter("max", OpenApiTypes.STR, description="Most taxable value in rupees"),
    OpenApiParameter("from", OpenApiTypes.DATE, description="Documents dated on this day or later"),
    OpenApiParameter("to", OpenApiTypes.DATE, description="Documents dated on this day or earlier"),
    OpenApiParameter(
        "ends",
        {"type": "integer", "minimum": 0, "maximum": MOST_ENDS},
        description="Pending is available and ends within this number of days",
    ),
    OpenApiParameter(
        "suppliers",
        {"type": "array", "items": {"type": "string"}, "maxItems": MOST_SUPPLIERS},
        style="form",
        explode=False,
        description="GSTINs, separated by commas",
    ),
    OpenApiParameter(
        "pairs",
        {"type": "array", "items": {"type": "string"}, "maxItems": MOST_SUPPLIERS},
        style="form",
        explode=False,
        description="Documents, each as GSTIN:NUMBER of its supplier, or a bill of entry as PORT:NUMBER, separated by commas",
    ),
    _choice("declare", ("1",), "Only records for which Accept asks by how much ITC must be reduced"),
    _choice(
        "newsupplier",
        ("1",),
        "Only records of suppliers who are new to the recipient in the open return period",
    ),
    _choice(
        "duplicate",
        ("1",),
        "Only possible duplicates: a second record seems to be the same document with its number written "
        "differently",
    ),
    _choice(
        "lastclaim",
        ("1",),
        "Only records whose credit the GSTR-2B of the open period is the last to give (section 16(4))",
    ),
    _choice("addsback", ("1",), "Only rejected records whose tax is added to the supplier's return"),
    OpenApiParameter("fy", OpenApiTypes.STR, description="Financial year of the document date, as 2024-25"),
    OpenApiParameter("taxmin", OpenApiTypes.STR, description="Least total tax in rupees"),
    OpenApiParameter("taxmax", OpenApiTypes.STR, description="Most total tax in rupees"),
    OpenApiParameter("valuemin", OpenApiTypes.STR, description="Least document value in rupees"),
    OpenApiParameter("valuemax", OpenApiTypes.STR, description="Most document value in rupees"),
    _choice("effect", SIGNS, "Whether the record would raise, lower, not change or not lower ITC"),
    OpenApiParameter(
        "periods",
        {"type": "array", "items": {"type": "string"}, "maxItems": MOST_PERIODS},
        style="form",
        explode=False,
        description="The supplier's tax periods (MMYYYY), separated by commas",
    ),
    _choice("differs", YES_NO, "Whether the action differs from what the matcher suggests"),
    _choice("irn", YES_NO, "Whether the record has an IRN"),
    OpenApiParameter("remarks", OpenApiTypes.STR, description="Remarks contain these words"),
    _choice("remarked", YES_NO, "Whether the record has remarks"),
    OpenApiParameter("by", OpenApiTypes.STR, description="User name of the person who acted last"),
    OpenApiParameter("actedfrom", OpenApiTypes.DATE, description="Acted on this day or later"),
    OpenApiParameter("actedto", OpenApiTypes.DATE, description="Acted on this day or earlier"),
    _choice("edited", ("1",), "Only records whose action was cleared by a supplier's edit"),
    OpenApiParameter(
        "supplier",
        OpenApiTypes.STR,
        description="One GSTIN, or “customs” for bills of entry. Together with “suppliers” and “pairs”, only "
        "records that match both",
    ),
    _choice("past", [r.value for r in PAST_IMS], "Documents outside IMS, by reason"),
]
LISTED = [
    *FILTERS,
    _choice(
        "sort", [*SORTS, *(f"-{key}" for key in SORTS)], "A minus sign in front sorts in descending order"
    ),
    limit_parameter(),
    OpenApiParameter("after", OpenApiTypes.STR, description="Value of `next` from the previous page"),
]


def filters_of(given: Any) -> Filters:
    """Return the record list's filters from a query string, or from the `filter` of a batch or saved view.
    The screen has the same filters. Raise `Invalid` for an unknown or empty value."""
    for name in NAMES:
        # an empty value must be an error, because the portal would otherwise ignore the filter and list every
        # record
        if name not in FREE and name in given and not given[name]:
            raise asked_filters.unknown(name, "", f"“{name}” is empty.")
    for name in ("edited", "declare", "newsupplier", "duplicate", "lastclaim", "addsback"):
        one_of(given, name, ("1",))
    return asked_filters.read(given, one_of(given, "section", SECTIONS, "all"))


class Records(TaxpayerView):
    @extend_schema(
        operation_id="records_list", parameters=LISTED, responses={200: RecordPage, **also()}, tags=["IMS"]
    )
    def get(self, request: Request, gstin: str) -> HttpResponse:
        """List records on the desk. Each page begins after the last record of the page before, so page 1000
        costs as much as page 1."""
        given = request.query_params
        sort = one_of(given, "sort", [*SORTS, *(f"-{key}" for key in SORTS)], "date")
        most = size_asked(given)
        view, filters = self.view_now(), filters_of(given)
        if filters == Filters():
            found, few, through = None, False, None
        else:
            listed = rare_matches.listed_records(Desk(self.taxpayer, view), filters, sort)
            found, few, through, sort = listed.records, listed.few, listed.whole, listed.sort
        page = record_rows.page(
            found,
            view,
            recipient_id=self.taxpayer.pk,
            few=few,
            whole=through,
            sort=sort,
            size=most,
            token=given.get("after", ""),
            asked=repr((self.taxpayer.gstin, filters)),
        )
        return json_bytes(RecordPage(page).data)


class OneRecordView(TaxpayerView):
    @extend_schema(operation_id="records_one", responses={200: OneRecord, **also()}, tags=["IMS"])
    def get(self, request: Request, gstin: str, record_id: int) -> Response:
        """Show a record, the facts and clauses that decide which actions are available, and every version of
        the record's document."""
        view = self.view_now()
        found = find(self.taxpayer, record_id)
        told = explain(found, view, calendar()) if isinstance(found, Record) else None
        body = {
            "record": record_rows.one(record_id, self.taxpayer.pk, view) if told else None,
            "facts": told.facts if told else (),
            "clauses": told.clauses if told else (),
            "versions": history.chain(found, self.taxpayer, view),
        }
        return Response(OneRecord(body).data)


def find(recipient: Any, record_id: int) -> Record | ArchivedRecord:
    """Return the recipient's record, from the desk or the archive. Raise `NotFound` if there is no such
    record, or if the recipient has no IMS."""
    if record_id >= 2**63:
        raise nothing()
    mine = {"pk": record_id, "recipient_id": recipient.pk}
    live = Record.objects.select_related("decision", "supplier", "recipient").filter(**mine).first()
    found: Record | ArchivedRecord | None = live or ArchivedRecord.objects.filter(**mine).first()
    if found is None or found.route == Route.NO_ACCESS.value:
        raise nothing()
    return found


class RecordHistory(TaxpayerView):
    @extend_schema(operation_id="records_history", responses={200: HistoryPage, **also()}, tags=["IMS"])
    def get(self, request: Request, gstin: str, record_id: int) -> Response:
        """List the events of a record, newest first."""
        found = find(self.taxpayer, record_id)
        return Response(HistoryPage({"items": history.of_record(found, self.taxpayer)}).data)
