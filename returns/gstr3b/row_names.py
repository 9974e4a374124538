"""The printed numbers and names of the rows and heads of GSTR-3B."""

from __future__ import annotations

from django.utils.translation import gettext_lazy

HEAD_LABELS = {
    "igst": gettext_lazy("Integrated"),
    "cgst": gettext_lazy("Central"),
    "sgst": gettext_lazy("State/UT"),
    "cess": gettext_lazy("Cess"),
}
# row of the return -> printed number, name, and true if the figure comes from GSTR-2B
ROWS = {
    "31D": ("3.1(d)", gettext_lazy("Tax to pay: inward supplies liable to reverse charge"), True),
    "4A1": ("4(A)(1)", gettext_lazy("Import of goods"), True),
    "4A2": ("4(A)(2)", gettext_lazy("Import of services"), False),
    "4A3": ("4(A)(3)", gettext_lazy("Inward supplies liable to reverse charge"), True),
    "4A4": ("4(A)(4)", gettext_lazy("Inward supplies from ISD"), True),
    "4A5": ("4(A)(5)", gettext_lazy("All other ITC"), True),
    "4B1": ("4(B)(1)", gettext_lazy("Reversed: rules 38, 42, 43 and section 17(5)"), True),
    "4B2": ("4(B)(2)", gettext_lazy("Reversed: others"), True),
    "4C": ("4(C)", gettext_lazy("Net credit"), False),
    "4D1": ("4(D)(1)", gettext_lazy("Reclaimed after an earlier reversal"), False),
    "4D2": ("4(D)(2)", gettext_lazy("Not available: section 16(4), place of supply"), True),
}
