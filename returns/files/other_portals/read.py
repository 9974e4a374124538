"""Read GSTR-2B and IMS JSON of other portals: with or without the `data` wrapper, with old or new names of
fields.

Real files contain GSTINs with wrong check characters. The reader reports such GSTINs and does not refuse
them. If a part has an unknown form, the reader reports the part with its place, counts its documents as not
read, and reads all other parts. The reader never guesses, and reports every part that it skips."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from ims_portal.kernel import file_kinds, strict_json
from ims_portal.kernel.errors import Invalid
from ims_portal.kernel.gstin import BadGstin, Gstin
from ims_portal.kernel.periods import BadPeriod, TaxPeriod
from ims_portal.support.web import screen_messages
from invoices.api.gstn_in import FLAGS, STATUSES
from invoices.rules.documents import PORT_CODE
from returns.files.other_portals import split, stated
from returns.files.other_portals.amounts import amounts
from returns.files.stated_figures import Unequal

DATE = re.compile(r"([0-9]{2})[-/]([0-9]{2})[-/]([0-9]{4})\Z")
MONTH = re.compile(r"[0-9]{1,2}\Z")
SECTIONS = ("b2b", "b2ba", "b2bdn", "b2bdna", "b2bcn", "b2bcna", "ecom", "ecoma")
IMPORTS = ("impg", "impga", "impgsez", "impgseza")
DISTRIBUTED = ("isd", "isda")
SHORT = {"dn": "b2bdn", "dna": "b2bdna", "cn": "b2bcn", "cna": "b2bcna"}
# section of GSTR-2B -> key of a supplier's list of documents. The key of `impg` is empty, because bills of
# entry from abroad have no supplier.
LISTS = {
    **dict.fromkeys(("b2b", "b2ba", "ecom", "ecoma"), "inv"),
    **dict.fromkeys(("cdnr", "cdnra"), "nt"),
    **dict.fromkeys(DISTRIBUTED, "doclist"),
    "impgsez": "boe",
    "impg": "",
}
# The section of Rule 37A reversals. The reader skips this section, because its documents were already in
# earlier statements.
REVERSED = "itcrev"
BLOCKS = {"docdata": "", "docrejdata": "R"}
NOTES = {"C": "b2bcn", "D": "b2bdn"}
CREDIT = {"ISDI": False, "ISDC": True}
NUMBERS = ("inum", "ntnum", "nt_num", "docnum")
DAYS = ("idt", "nt_dt", "ntdt", "dt", "docdt")
MOST_FAULTS = 200


@dataclass(frozen=True, slots=True)
class Document:
    """One document of the file. Amounts are in paise. An amount that the file does not have is None. Only
    bills of entry have a `port`. `credit` is true for a credit note of an input service distributor. Without
    `credit`, the note could not be distinguished from the distributor's invoice with the same number."""

    place: str
    section: str
    supplier: str
    number: str
    document_date: date
    taxable: int | None
    igst: int | None
    cgst: int | None
    sgst: int | None
    cess: int | None
    action: str = ""
    port: str = ""
    credit: bool = False
    row: Mapping[str, Any] = field(default_factory=dict, repr=False, compare=False)


@dataclass(slots=True)
class Found:
    """The contents of a file: its kind, GSTIN, period (GSTR-2B only) and documents. `faults` are messages
    about parts that cannot be read, and `unread` is the number of documents in these parts. `left` has
    messages about parts that the reader knows and skips. `with_imports` is true if the file has a section for
    bills of entry. `wrong_gstins` has each wrong GSTIN with its first place and its fault. `wrong_ports` has each
    wrong port code, in the same way. `stated` has the
    figures that the file states of itself and that differ from the documents read."""

    kind: str
    gstin: str = ""
    period: TaxPeriod | None = None
    documents: list[Document] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    unread: int = 0
    left: list[str] = field(default_factory=list)
    wrong_gstins: dict[str, str] = field(default_factory=dict)
    wrong_ports: dict[str, str] = field(default_factory=dict)
    stated: list[Unequal] = field(default_factory=list)
    with_imports: bool = True

    def fault(self, place: str, why: str, count: int = 1) -> None:
        """Note a part that cannot be read, and add its number of documents to `unread`."""
        self.unread += count
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(f"{place}: {why}")


def read(data: bytes) -> Found:
    """Read a file, and return its contents. Raises `Invalid` (IMP-FORMAT) for a file that is neither GSTR-2B
    nor IMS, and (IMP-PERIOD) for a GSTR-2B without a period."""
    return _contents(split.unwrapped(strict_json.loads(data)))


def read_together(files: Sequence[bytes]) -> Found:
    """Read the files of one GSTR-2B that a portal gave in several files. Raises `Invalid` as `read` does, and if
    the files are not the files of one GSTR-2B."""
    return _contents(split.joined([strict_json.loads(data) for data in files]))


def _contents(root: Any) -> Found:
    if isinstance(root, dict) and any(name.lower() in BLOCKS for name in root):
        return _with_stated(root, _statement(root))
    kind = file_kinds.kind_of_json(root)
    if kind == "GSTR-2B":
        why = "The file has only the summary of a GSTR-2B, and no documents. Choose the files that have docdata."
        raise Invalid("IMP-FORMAT", why)
    if isinstance(root, dict) and kind not in ("GSTR-1", "GSTR-2A", "GSTR-3B"):
        inner = root.get("imsDetails", root)
        # Without `imsDetails`, a list without rows may belong to any return.
        least = 0 if "imsDetails" in root else 1
        if isinstance(inner, dict) and any(
            _section(name) and isinstance(inner[name], list) and len(inner[name]) >= least for name in inner
        ):
            return _with_stated(root, _ims(root, inner))
    raise Invalid(
        "IMP-FORMAT",
        screen_messages.in_english(
            "IMP-FORMAT",
            expected="GSTR-2B JSON (docdata) or IMS JSON (imsDetails, b2b, …)",
            found=file_kinds.with_article(kind) if kind else "neither",
        ),
    )


def _with_stated(root: Mapping[str, Any], found: Found) -> Found:
    found.stated = stated.differences(root, found)
    return found


def _section(name: str) -> str:
    low = name.lower()
    low = SHORT.get(low, low)
    return low if low in SECTIONS or low in IMPORTS else ""


def _statement(root: Mapping[str, Any]) -> Found:
    found = Found("GSTR-2B", _gstin(root.get("gstin")))
    _look(found, "gstin", found.gstin)
    for given, sections in root.items():
        block = plain(given)
        if block.lower() not in BLOCKS:
            if isinstance(sections, dict) and "sum" not in block.lower() and _holds_documents(sections):
                found.fault(
                    block, "is not a known part of GSTR-2B; its documents were not read", _count(sections)
                )
            continue
        if sections is not None and not isinstance(sections, dict):
            why = "is not an object with a list for each section; it was not read"
            found.fault(block, why, _count(sections))
        for name, rows in sections.items() if isinstance(sections, dict) else ():
            _of_statement(found, f"{block}.{plain(name)}", name.lower(), rows, BLOCKS[block.lower()])
    try:
        found.period = period(root.get("rtnprd"), since=_latest_day(root, found))
    except BadPeriod:
        raise Invalid("IMP-PERIOD", "The file does not name its return period (rtnprd).") from None
    return found


def period(given: Any, *, since: date | None) -> TaxPeriod:
    """Return the period of a field, written MMYYYY, or as a month alone. The year of a month alone follows
    from `since`, the date of the document. Raises `BadPeriod`."""
    written = plain(given).strip() if not isinstance(given, bool) else ""
    if since is not None and MONTH.match(written):
        return TaxPeriod.from_month(written, since=since)
    return TaxPeriod.from_wire(written.rjust(6, "0") if isinstance(given, int) else written)


def _latest_day(root: Mapping[str, Any], found: Found) -> date | None:
    """Return a day of the statement's period or shortly before: the latest document date. Without documents,
    return a day of the month before the statement was made (`gendt`)."""
    days = [document.document_date for document in found.documents]
    if days:
        return max(days)
    try:
        return day(text(root, "gendt")) - timedelta(days=40)
    except (ValueError, OverflowError):
        return None


def _holds_documents(sections: Mapping[str, Any]) -> bool:
    return any(name.lower() in LISTS and isinstance(rows, list) and rows for name, rows in sections.items())


def _of_statement(found: Found, place: str, name: str, rows: Any, action: str) -> None:
    """Read one section of GSTR-2B into `found`. Most sections group their documents by supplier."""
    if not rows:
        return
    if name == REVERSED:
        found.left.append(f"{place}: {_count(rows)} documents that Rule 37A reverses are not compared")
    elif name not in LISTS:
        found.fault(place, "is not a known section; its documents were not read", _count(rows))
    elif not isinstance(rows, list):
        found.fault(place, "is not a list; its documents were not read", _count(rows))
    elif not LISTS[name]:
        for nth, row in enumerate(rows):
            _take(found, f"{place}[{nth}]", name, "", row, action)
    else:
        for nth, party in enumerate(rows):
            for where, supplier, row in _of_party(found, f"{place}[{nth}]", LISTS[name], party):
                _take(found, where, name, supplier, row, action)


def _of_party(found: Found, place: str, inner: str, party: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield one supplier's documents, each with its place in the file and the supplier's GSTIN. Note the
    parts that cannot be read."""
    rows = party.get(inner) if isinstance(party, dict) else None
    if not isinstance(rows, list):
        why = f"is not a supplier (ctin) with a list of documents ({inner}); it was not read"
        found.fault(place, why, max(1, _count(party)))
        return
    for name, others in party.items():
        if name != inner and isinstance(others, list) and _count(others):
            found.fault(
                f"{place}.{plain(name)}", f"is not expected next to {inner}; it was not read", _count(others)
            )
    supplier = _gstin(party.get("ctin"))
    if rows and not supplier:
        found.fault(place, "has no supplier's GSTIN (ctin); its documents were not read", len(rows))
        return
    for nth, row in enumerate(rows):
        yield f"{place}.{inner}[{nth}]", supplier, row


def _ims(root: Mapping[str, Any], inner: Mapping[str, Any]) -> Found:
    found = Found("IMS", _gstin(root.get("gstin") or root.get("rtin")))
    if found.gstin:
        _look(found, "gstin", found.gstin)
    found.with_imports = any(_section(name) in IMPORTS for name in inner)
    for name, rows in inner.items():
        section, place = _section(name), plain(name)
        if not section:
            if name.lower() in stated.ONLY_FIGURES:
                continue
            if isinstance(rows, (list, dict)) and _count(rows):
                found.fault(place, "is not a known section of IMS; its documents were not read", _count(rows))
        elif rows and not isinstance(rows, list):
            found.fault(place, "is not a list; its documents were not read", _count(rows))
        else:
            for nth, row in enumerate(rows or []):
                _of_ims(found, f"{place}[{nth}]", section, row)
    return found


def _of_ims(found: Found, place: str, section: str, row: Any) -> None:
    if isinstance(row, dict) and any(isinstance(row.get(inner), list) for inner in ("inv", "nt", "boe")):
        why = "groups its documents by supplier, unlike a file of IMS; they were not read"
        found.fault(place, why, _count(row))
        return
    action = plain(row.get("action")) if isinstance(row, dict) else ""
    if action and action.upper() not in STATUSES:
        found.fault(place, f"action {action[:20]!r} is not one of {', '.join(STATUSES)}")
        return
    supplier = _gstin(row.get("stin")) if isinstance(row, dict) else ""
    if isinstance(row, dict) and section not in IMPORTS and not supplier:
        found.fault(place, "has no supplier's GSTIN (stin)")
        return
    _take(found, place, section, supplier, row, STATUSES.get(action.upper(), ""))


def _count(value: Any) -> int:
    """Return an estimate of the number of documents in a part of the file that the reader cannot read."""
    if isinstance(value, list):
        return sum(_count(one) or 1 for one in value if isinstance(one, dict))
    if not isinstance(value, dict):
        return 0
    numbered = any(name in value for name in (*NUMBERS, "boenum"))
    return 1 if numbered else sum(map(_count, value.values()))


def _take(found: Found, place: str, section: str, supplier: str, row: Any, action: str) -> None:
    """Read one document into `found`, or note in `found` why the document cannot be read."""
    number = ""
    try:
        if not isinstance(row, dict):
            raise ValueError("is not an object")
        imports, isd = section in IMPORTS, section in DISTRIBUTED
        port = plain(row.get("portcode") or row.get("portcd")).strip().upper() if imports else ""
        if not imports:
            _look(found, place, supplier)
        elif not PORT_CODE.match(port):
            found.wrong_ports.setdefault(
                port, f"{place}: port code {port[:20]!r} is not six letters and digits."
            )
        number = text(row, "boenum") if imports else text(row, *NUMBERS)
        found.documents.append(
            Document(
                place=place,
                section=_within(section, row) if found.kind == "GSTR-2B" else section,
                supplier="" if imports else supplier,
                number=number,
                document_date=day(text(row, *(("irefdt", "refdt") if imports else DAYS))),
                **amounts(row, isd=isd, customs=imports),
                action=action,
                port=port,
                credit=isd and _one_of(row, "doctyp", CREDIT),
                row=row,
            )
        )
    except ValueError as bad:
        found.fault(f"{place} {number}".rstrip(), str(bad))


def _within(section: str, row: Mapping[str, Any]) -> str:
    """Return the IMS section of a GSTR-2B document. GSTR-2B has debit and credit notes in one section, and
    original and amended bills of entry in one section. IMS has separate sections. Raises `ValueError`."""
    if section in ("cdnr", "cdnra"):
        return _one_of(row, "typ", NOTES) + section[4:]
    if section in ("impg", "impgsez"):
        return section + _one_of(row, "isamd", {"Y": "a", "N": ""})
    return section


def _one_of(row: Mapping[str, Any], name: str, known: Mapping[str, Any]) -> Any:
    """Return the value in `known` for the code in the field `name`. Raises `ValueError` if the code is
    missing or is not exactly a key of `known`."""
    value = row.get(name)
    code = FLAGS[value] if isinstance(value, bool) else value
    if not isinstance(code, str) or code not in known:
        shown = "missing" if value is None else repr(plain(value)[:20])
        raise ValueError(f"{name} is {shown}, not {' or '.join(known)}")
    return known[code]


def _gstin(value: Any) -> str:
    # A GSTIN has 15 characters. Keep 16, so that a longer text is recognised as a wrong GSTIN.
    written = isinstance(value, (str, int)) and not isinstance(value, bool)
    return "".join(plain(value).split()).upper()[:16] if written else ""


def plain(value: Any) -> str:
    """Return a field's value as text that can be shown and stored. A missing field (None) becomes an empty
    text."""
    return "".join(c for c in str(value) if c.isprintable()) if value is not None else ""


def _look(found: Found, place: str, gstin: str) -> None:
    """Note a wrong GSTIN with its first place and its fault. The record of the GSTIN is read anyway."""
    try:
        Gstin.parse(gstin)
    except BadGstin as bad:
        found.wrong_gstins.setdefault(
            gstin or "(empty)", f"{place}: {bad if gstin else 'the GSTIN is missing.'}"
        )


def text(row: Mapping[str, Any], *names: str) -> str:
    """Return the first of these fields that has a value, as text. Raises `ValueError` if none has a value."""
    for name in names:
        value = row.get(name)
        if isinstance(value, str) and value.strip():
            if not value.isprintable():
                raise ValueError(f"{name} contains a character that cannot be printed")
            return value.strip()
        if isinstance(value, int) and not isinstance(value, bool):
            return str(value)
    raise ValueError(f"has no {names[0]}")


def day(written: str) -> date:
    """Return the date of a text in the form DD-MM-YYYY or DD/MM/YYYY. Raises `ValueError`."""
    parts = DATE.match(written)
    if parts is None:
        raise ValueError(f"{written[:20]!r} is not a date written DD-MM-YYYY")
    return date(int(parts[3]), int(parts[2]), int(parts[1]))
