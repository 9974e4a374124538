"""The confirmation of an action on many records: the person types how many records will change. The preview of a
batch and the preview of an IMS file use the same words and the same limit (templates/invoices/_type_count.html)."""

from __future__ import annotations

from collections.abc import Mapping

from django.utils.translation import gettext as _

from ims_portal.kernel.money import format_count

# Before an action on more records than this, and before every bulk Reject, the person must type the number of
# records.
TYPED_FROM = 1000


def is_typed(count: int, *, rejects: bool) -> bool:
    """True if the person must type the number of records. `rejects` is true if a record will be rejected."""
    return rejects or count > TYPED_FROM


def matches(posted: Mapping[str, str], count: int) -> bool:
    """True if the person typed the number `count`, with or without commas."""
    return posted.get("count", "").replace(",", "").strip() == str(count)


def wrong(count: int) -> str:
    return _("Type the number of records that will change: %(n)s.") % {"n": format_count(count)}
