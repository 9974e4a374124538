"""Staff pages of people and groups: who may sign in, and with which roles. Only superusers make a person
staff, or give rights of the administration."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.admin import GroupAdmin, UserAdmin
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest

from ims_portal.kernel.gstin import SHAPE
from ims_portal.support.web.read_only_admin import FoundById
from invoices.journal.writing import By
from invoices.models import Membership, Taxpayer
from invoices.people import registrations

User = get_user_model()
# the fields that give a person rights in the administration
RIGHTS = ("is_staff", "is_superuser", "groups", "user_permissions")
MOST_NAMED = 10


def by_admin(request: HttpRequest) -> By:
    return By(user=request.user, source="admin")


def is_superuser(request: HttpRequest) -> bool:
    return bool(request.user.is_active and request.user.is_superuser)  # type: ignore[union-attr]


class TypedName(forms.ModelChoiceField):
    """A row that staff choose by typing its name, because a list of all rows would be too long."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Model | None:
        name = str(value or "").strip()
        name = name.upper() if self.to_field_name == "gstin" else name
        if not name:
            return None
        found = None if "\0" in name else self.queryset.filter(**{str(self.to_field_name): name}).first()  # type: ignore[union-attr]
        if found is None:
            raise ValidationError(f"The portal does not know the {self.label} “{name[:40]}”.")
        return found


class FoundTaxpayer(TypedName):
    """A taxpayer that staff choose by typing the GSTIN, or the beginning of the name. If several taxpayers have
    this name, the refusal lists them, so that staff can type one of the GSTINs."""

    def __init__(self, queryset: QuerySet[Taxpayer], **given: Any) -> None:
        said = {
            "label": "GSTIN or name",
            "help_text": "GSTIN, or the beginning of the trade name or legal name",
        }
        super().__init__(queryset, to_field_name="gstin", **{**said, **given})

    def to_python(self, value: Any) -> Model | None:
        text = str(value or "").strip()
        if not text or "\0" in text or SHAPE.match(text.upper()):
            return super().to_python(value)
        named = Q(trade_name__istartswith=text) | Q(legal_name__istartswith=text)
        found = list(self.queryset.filter(named).order_by("gstin")[: MOST_NAMED + 1])  # type: ignore[union-attr]
        if len(found) == 1:
            return found[0]
        if not found:
            raise ValidationError(f"No taxpayer of this portal has a name that begins with “{text[:40]}”.")
        listed = ", ".join(f"{one.gstin} ({one.name})" for one in found[:MOST_NAMED])
        more = " and others" if len(found) > MOST_NAMED else ""
        raise ValidationError(f"Several taxpayers have this name: {listed}{more}. Type the GSTIN.")


class MembershipForm(forms.ModelForm):
    """The form of one role. A stored role shows the name of its person or GSTIN."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # on the page of a taxpayer, the taxpayer's field is hidden and holds an id, not a name
        for name in MembershipInline.typed.keys() & self.initial.keys():
            if isinstance(self.fields.get(name), TypedName):
                self.initial[name] = getattr(self.instance, name)


class MembershipInline(admin.TabularInline):
    """The roles of people at GSTINs. Staff type the username of a person, or a GSTIN."""

    model = Membership
    form = MembershipForm
    extra = 1
    # field -> model, the column with the name that staff type, and the label
    typed: ClassVar[dict[str, tuple[type[Model], str, str]]] = {
        "user": (User, "username", "username"),
        "taxpayer": (Taxpayer, "gstin", "GSTIN"),
    }

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related(*self.typed)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name not in self.typed:
            return super().formfield_for_dbfield(db_field, request, **kwargs)
        model, column, label = self.typed[db_field.name]
        return TypedName(model._default_manager.all(), to_field_name=column, label=label)


class MembershipOf(MembershipInline):
    fields = ("taxpayer", "role")


admin.site.unregister(User)
admin.site.unregister(Group)


@admin.register(User)
class PersonAdmin(FoundById, UserAdmin):
    """Staff page of people. Nobody can delete a person here, because the journal refers to people. Staff
    remove the tick at "active" instead.

    Staff with the right to change people may change name, e-mail, password and roles of people who are not
    staff. A person who sets another person's password can sign in as that person. Therefore only superusers
    change the accounts of staff and superusers."""

    inlines = (MembershipOf,)
    show_full_result_count = False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        # `obj` is the person, if Django asks about the form of a person or about the page for a new password.
        # If Django asks about the list of people, `obj` is None.
        if obj is not None and (obj.is_staff or obj.is_superuser) and not is_superuser(request):
            return False
        return super().has_change_permission(request, obj)

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> tuple[str, ...]:
        told = tuple(super().get_readonly_fields(request, obj))
        return told if is_superuser(request) else (*told, *RIGHTS)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Refuse a POST that contains any of `RIGHTS`, unless a superuser sends it. For other staff, the form
        shows these fields only as text."""
        if request.method == "POST" and not is_superuser(request) and set(RIGHTS) & set(request.POST):
            raise PermissionDenied("Only superusers may give people rights in the administration.")
        return super().changeform_view(request, object_id, form_url, extra_context)

    def get_inlines(
        self, request: HttpRequest, obj: Any = None
    ) -> tuple[type[admin.options.InlineModelAdmin], ...]:
        return self.inlines if obj else ()

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        theirs = Membership.objects.filter(user_id=form.instance.pk)
        before = registrations.roles(theirs)
        super().save_related(request, form, formsets, change)
        registrations.roles_changed(before, registrations.roles(theirs.all()), by=by_admin(request))


@admin.register(Group)
class RightsAdmin(FoundById, GroupAdmin):
    """Staff page of groups. Only superusers add, change or delete groups, because a group gives its rights to
    all members."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return is_superuser(request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return is_superuser(request)
