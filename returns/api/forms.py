"""GSTR-1, IFF, GSTR-1A, GSTR-5 and GSTR-6: read the state of a form, read, save and delete its documents, and
file the form."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from ims_portal.kernel.errors import Conflict
from invoices.api.common.base import TaxpayerView, checked, nothing, one_of, period_of
from invoices.api.common.fields import KEY, WRITE, Moment, Period, also
from invoices.api.common.once import once
from invoices.api.common.paging import AFTER, Page, limit_parameter, page_by_id, place_asked
from invoices.documents import saving
from invoices.people.access import FILE, READ, SUPPLY
from invoices.people.tokens import Scope
from invoices.rules.calendar import Form
from returns.api.document_shapes import DocumentIn, DocumentOut, DocumentPage, document_of
from returns.outward import document_lists, queries
from returns.outward import save_and_file as outward

FORMS = {
    "gstr1": Form.GSTR1,
    "iff": Form.IFF,
    "gstr1a": Form.GSTR1A,
    "gstr5": Form.GSTR5,
    "gstr6": Form.GSTR6,
}
MOST_ROWS = 200


class FormView(TaxpayerView):
    """The base of all views below …/forms/<form>/<period>/. Sets `self.form` and `self.month` from the
    address. An unknown form gives status 404."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        form = FORMS.get(kwargs["form"])
        if form is None:
            raise nothing()
        self.form, self.month = form, period_of(kwargs["period"])


class FormOut(serializers.Serializer):
    form = serializers.CharField(source="form.value")
    period = Period()
    documents = serializers.IntegerField(source="count")
    due = serializers.DateField(allow_null=True)
    extended_by = serializers.CharField(
        allow_blank=True, help_text="The notification that extended the due date, or an empty text"
    )
    closed = serializers.CharField(
        allow_null=True,
        help_text="Why documents cannot be added to the form now; null if documents can be added",
    )
    lapsed = serializers.CharField(
        allow_blank=True, help_text="Says that documents of the form can no longer be filed; else empty"
    )
    saved_at = Moment(allow_null=True)
    filed_on = serializers.DateField(source="filed.filed_on", allow_null=True)
    reference = serializers.CharField(source="filed.reference", allow_null=True)


class FileFormIn(serializers.Serializer):
    declared = serializers.ChoiceField(["yes"], help_text="You make the declaration of the form")


class OneForm(FormView):
    @extend_schema(operation_id="forms_status", responses={200: FormOut, **also(422)}, tags=["Forms"])
    def get(self, request: Request, gstin: str, form: str, period: str) -> Response:
        """Return the state of the form."""
        return Response(self.form_state())

    def form_state(self) -> Any:
        return FormOut(queries.status(self.taxpayer, self.form, self.month)).data


class FileForm(OneForm):
    http_method_names = ["post"]
    scopes = {"POST": Scope.FILE}
    roles = {"POST": FILE}

    @extend_schema(
        operation_id="forms_file",
        parameters=[KEY],
        request=FileFormIn,
        responses={200: FormOut, **also(*WRITE)},
        tags=["Forms"],
    )
    @once
    def post(self, request: Request, gstin: str, form: str, period: str) -> Response:
        """File all documents saved in the form."""
        checked(FileFormIn, request)
        outward.file(self.taxpayer, self.form, self.month, by=self.by)
        return Response(self.form_state())


class MovedFormOut(serializers.Serializer):
    form = serializers.CharField(source="form.value")
    period = Period()
    documents = serializers.IntegerField()


class MoveForm(FormView):
    scopes = {"POST": Scope.SUPPLY}
    roles = {"POST": SUPPLY}

    @extend_schema(
        operation_id="forms_move",
        parameters=[KEY],
        request=None,
        responses={200: MovedFormOut, **also(*WRITE)},
        tags=["Forms"],
    )
    @once
    def post(self, request: Request, gstin: str, form: str, period: str) -> Response:
        """Move the documents of an unfiled IFF to the quarter's next form."""
        if self.form is not Form.IFF:
            raise nothing()
        to, month, count = outward.move_on(self.taxpayer, self.month, by=self.by)
        return Response(MovedFormOut({"form": to, "period": month, "documents": count}).data)


class Documents(FormView):
    scopes = {"POST": Scope.SUPPLY}
    roles = {"GET": READ, "POST": SUPPLY}

    @extend_schema(
        operation_id="documents_list",
        parameters=[
            OpenApiParameter("table", OpenApiTypes.STR, enum=[t.slug for t in queries.TABLES]),
            limit_parameter(MOST_ROWS),
            AFTER,
        ],
        responses={200: DocumentPage, **also()},
        tags=["Forms"],
    )
    def get(self, request: Request, gstin: str, form: str, period: str) -> Response:
        """Return the form's documents of a table (default b2b), with the recipients' actions."""
        given = request.query_params
        known = {table.slug: table for table in queries.tables_of(self.form)}
        slug = one_of(given, "table", [t.slug for t in queries.TABLES], "b2b")
        if slug not in known:
            return Response(DocumentPage(Page([])).data)
        found = document_lists.in_table(self.taxpayer, self.form, self.month, known[slug])
        return Response(DocumentPage(page_by_id(place_asked(given, MOST_ROWS), *found)).data)

    @extend_schema(
        operation_id="documents_save",
        parameters=[KEY],
        request=DocumentIn,
        responses={201: DocumentOut, **also(*WRITE)},
        tags=["Forms"],
    )
    @once
    def post(self, request: Request, gstin: str, form: str, period: str) -> Response:
        """Save a new document. Its recipient sees the document immediately."""
        incoming = document_of(checked(DocumentIn, request))
        saved = outward.save(self.taxpayer, self.form, self.month, incoming, by=self.by)
        found = document_lists.document(self.taxpayer, saved.pk)
        return Response(DocumentOut(found).data, status=201)


class OneDocument(FormView):
    scopes = {"PUT": Scope.SUPPLY, "DELETE": Scope.SUPPLY}
    roles = {"GET": READ, "PUT": SUPPLY, "DELETE": SUPPLY}

    def find(self, document_id: int) -> Any:
        found = document_lists.document(self.taxpayer, document_id) if document_id < 2**63 else None
        if found is None or (found.form, found.tax_period) != (self.form.value, self.month.number):
            raise nothing()
        return found

    @extend_schema(operation_id="documents_one", responses={200: DocumentOut, **also()}, tags=["Forms"])
    def get(self, request: Request, gstin: str, form: str, period: str, document_id: int) -> Response:
        """Return one document."""
        return Response(DocumentOut(self.find(document_id)).data)

    @extend_schema(
        operation_id="documents_edit",
        parameters=[KEY],
        request=DocumentIn,
        responses={200: DocumentOut, **also(*WRITE)},
        tags=["Forms"],
    )
    @once
    def put(self, request: Request, gstin: str, form: str, period: str, document_id: int) -> Response:
        """Replace a saved document. The recipient's action is cleared. `revision` is the revision of the
        document that the caller has read. For an amendment, `amends` can name another document to amend
        (R-080); the amendment then gets a new id."""
        self.find(document_id)
        body = checked(DocumentIn, request)
        incoming = document_of(body)
        try:
            saved = outward.edit(
                document_id,
                self.taxpayer,
                incoming.draft,
                by=self.by,
                details=incoming.details,
                revision=body.get("revision"),
                amends=incoming.amends,
            )
        except Conflict as conflict:
            present = DocumentOut(self.find(document_id)).data
            raise Conflict(conflict.code, conflict.message, details={"document": present}) from None
        return Response(DocumentOut(document_lists.document(self.taxpayer, saved.pk)).data)

    @extend_schema(
        operation_id="documents_delete",
        parameters=[KEY],
        request=None,
        responses={200: DocumentOut, **also(*WRITE)},
        tags=["Forms"],
    )
    @once
    def delete(self, request: Request, gstin: str, form: str, period: str, document_id: int) -> Response:
        """Delete a saved document. The document leaves its recipient's IMS. The response contains the
        document as it was before deletion."""
        was = DocumentOut(self.find(document_id)).data
        saving.delete(document_id, self.taxpayer, by=self.by)
        return Response(was)
