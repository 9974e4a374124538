"""The figures that a GSTR-2B or IMS file states of itself: by supplier (`cpsumm`, `cpSummRej`), by table of
the ITC summary (`itcsumm`), by section and action (the counts of IMS), and in total.

The ITC summary counts only the difference that an amendment makes, and the file does not have this difference
for each document. Therefore the amended sections of `itcsumm` are not compared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from returns.files.other_portals.amounts import FIELDS, amount
from returns.files.stated_figures import (
    COUNT,
    TAXABLE_AND_TAX,
    TOTALS,
    Figures,
    Stated,
    Unequal,
    added,
    stated_in,
    unequal,
)

if TYPE_CHECKING:
    from returns.files.other_portals.read import Document, Found

LABELS = dict(zip(FIELDS, TAXABLE_AND_TAX, strict=True))
TAXES = FIELDS[1:]
# block of the summaries by supplier -> the action of the documents that it sums
BY_SUPPLIER = {"cpsumm": "", "cpsummrej": "R"}
SUMMED = ("b2b", "b2ba", "cdnr", "cdnra", "ecom", "ecoma", "isd", "isda", "impgsez")
# IMS section of notes -> section of GSTR-2B, and the kind of note
NOTES = {
    "b2bcn": ("cdnr", "C"),
    "b2bdn": ("cdnr", "D"),
    "b2bcna": ("cdnra", "C"),
    "b2bdna": ("cdnra", "D"),
}
# the names of these sections in the ITC summary
AMENDED_IMPORTS = {"impga": "impga", "impgseza": "impgasez"}
# the declared reduction of a credit note, in the order of `TAXES`
DECLARED = ("declIgst", "declCgst", "declSgst", "declCess")
# blocks of IMS counts, and the name of each action in these blocks
COUNTS = ("all_oth", "inv_supp_isd", "imp_gds")
ACTIONS = {"noaction": "N", "accept": "A", "reject": "R", "pending": "P"}
# parts of a file that only state figures, and have no documents
ONLY_FIGURES = frozenset((*COUNTS, *TOTALS, *BY_SUPPLIER, "itcsumm"))


def differences(root: Mapping[str, Any], found: Found) -> list[Unequal]:
    """Return the stated figures that differ from the documents read. `root` is the file's object."""
    told = list(_totals(root, found.documents))
    if found.kind == "GSTR-2B":
        told += _by_supplier(root, found.documents)
        told += _itc(root, found.documents)
    else:
        told += _counts(root, found.documents)
    return told


def sums(documents: Iterable[Document]) -> Figures:
    """Return the number of the documents and the sums of their amounts. If a document does not have an
    amount, the sum is None."""
    some = list(documents)
    figures: dict[str, int | None] = {COUNT: len(some)}
    for name, label in LABELS.items():
        values = [value for document in some if (value := getattr(document, name)) is not None]
        figures[label] = sum(values) if len(values) == len(some) else None
    return figures


def _member(root: Mapping[str, Any], name: str) -> tuple[str, Mapping[str, Any]]:
    """Return the name and the object of a part of the file, in any letter case. Return an empty object if the
    file has no such part."""
    return next(
        ((key, part) for key, part in root.items() if key.lower() == name and isinstance(part, dict)),
        (name, {}),
    )


def _totals(root: Mapping[str, Any], documents: list[Document]) -> Iterator[Unequal]:
    for place, part in (("file", root), _member(root, "imsdetails")):
        stated = stated_in({name: part[name] for name in part if name in TOTALS})
        yield from unequal(place, stated, sums(documents))


# sums by supplier


def _by_supplier(root: Mapping[str, Any], documents: list[Document]) -> Iterator[Unequal]:
    for block, action in BY_SUPPLIER.items():
        name, part = _member(root, block)
        for given, rows in part.items():
            section = given.lower()
            if section in SUMMED and isinstance(rows, list):
                some = [d for d in documents if d.action == action and _section_and_kind(d)[0] == section]
                yield from _of_section(
                    f"{name}.{given}", section, [r for r in rows if isinstance(r, dict)], some
                )


def _of_section(
    place: str, section: str, rows: list[Mapping[str, Any]], documents: list[Document]
) -> Iterator[Unequal]:
    """Compare the rows of a section. A supplier has one row for each of its periods and kinds of note. The
    documents of a supplier are not apart by period, so the rows of all periods are added."""
    ports, kinds = section == "impgsez", all(_kind(row) for row in rows)
    stated: dict[tuple[str, str], list[Stated]] = defaultdict(list)
    for row in rows:
        who = str(row.get("portcode" if ports else "ctin") or "").strip().upper()
        stated[who, _kind(row) if kinds else ""].append(stated_in(row))
    read: dict[tuple[str, str], list[Document]] = defaultdict(list)
    for document in documents:
        kind = _section_and_kind(document)[1] if kinds else ""
        read[document.port if ports else document.supplier, kind].append(document)
    for key in dict.fromkeys((*stated, *read)):
        said = added(stated[key]) if key in stated else {COUNT: 0}
        yield from unequal(" ".join(filter(None, (place, *key))), said, sums(read.get(key, [])))


def _kind(row: Mapping[str, Any]) -> str:
    return str(row.get("nttyp") or row.get("doctyp") or "")


def _section_and_kind(document: Document) -> tuple[str, str]:
    """Return the section of GSTR-2B that has the document, and the code of a note or distributor's document."""
    if document.section in NOTES:
        return NOTES[document.section]
    if document.section in ("isd", "isda"):
        return document.section, "ISDC" if document.credit else "ISDI"
    return document.section.removesuffix("a") if document.section.startswith("impg") else document.section, ""


# the ITC summary


def _itc(root: Mapping[str, Any], documents: list[Document]) -> Iterator[Unequal]:
    name, summary = _member(root, "itcsumm")
    read: dict[tuple[str, str, str], list[Figures]] = defaultdict(list)
    for document in documents:
        read[_bucket(document)].append(_effect(document))
    for block in ("itcavl", "itcunavl", "itcRejected"):
        for bucket, parts in (
            (summary.get(block) or {}).items() if isinstance(summary.get(block), dict) else ()
        ):
            for key, stated in parts.items() if isinstance(parts, dict) else ():
                # `cdnrrev` has credit notes on reverse charge; the other names that end in "a" are amendments
                if isinstance(stated, dict) and not key.removesuffix("rev").removesuffix("sez").endswith("a"):
                    effects = read.get((block, bucket, key), [])
                    yield from unequal(f"{name}.{block}.{bucket}.{key}", stated_in(stated), _total(effects))


def _total(effects: list[Figures]) -> Figures:
    return {
        label: None if any(one[label] is None for one in effects) else sum(one[label] or 0 for one in effects)
        for label in map(LABELS.get, TAXES)
        if label
    }


def _bucket(document: Document) -> tuple[str, str, str]:
    """Return the block, the bucket and the key of the ITC summary that counts the document."""
    section, kind = _section_and_kind(document)
    if document.section in AMENDED_IMPORTS:
        section = AMENDED_IMPORTS[document.section]
    imports, isd = section.startswith("impg"), section.startswith("isd")
    row = document.row
    available = "Y" if imports else str(row.get("itcelg" if isd else "itcavl") or "").upper()
    block = "itcRejected" if document.action == "R" else "itcunavl" if available == "N" else "itcavl"
    reverse = str(row.get("rev") or row.get("rchrg") or "").upper() == "Y" and document.action != "R"
    if kind in ("C", "ISDC"):
        return block, "othersup", f"{section}rev" if reverse else section
    if imports:
        return block, "imports", section
    return block, "isdsup" if isd else "revsup" if reverse else "nonrevsup", section


def _effect(document: Document) -> Figures:
    """Return the taxes with which the ITC summary counts the document. The summary counts a credit note with
    the reduction that the recipient declared."""
    row = document.row
    answer = str(row.get("itcRedReq") or "").upper()
    taxes: list[int | None] = [getattr(document, name) for name in TAXES]
    if document.section == "b2bcn" and document.action != "R":
        if answer == "N":
            taxes = [0, 0, 0, 0]
        elif answer == "Y" and any(row.get(name) is not None for name in DECLARED):
            taxes = [amount(row, name) if row.get(name) is not None else 0 for name in DECLARED]
    if document.section in ("impg", "impgsez"):
        taxes = [tax or 0 for tax in taxes]
    return dict(zip(map(LABELS.__getitem__, TAXES), taxes, strict=True))


# counts of IMS


def _counts(root: Mapping[str, Any], documents: list[Document]) -> Iterator[Unequal]:
    """Compare the counts by section and action, which have the form of GSTN's reply to GETCNT."""
    by_action: dict[tuple[str, str], int] = defaultdict(int)
    for document in documents:
        by_action[document.section, document.action or "N"] += 1
    for place, part in (("", root), _member(root, "imsdetails")):
        for block in COUNTS:
            for section, counts in (
                (part.get(block) or {}).items() if isinstance(part.get(block), dict) else ()
            ):
                where = ".".join(filter(None, (place, block, section)))
                for name, action in ACTIONS.items() if isinstance(counts, dict) else ():
                    if name in counts:
                        there = by_action[section.lower(), action]
                        yield from unequal(
                            f"{where}.{name}", stated_in({"ttl_cnt": counts[name]}), {COUNT: there}
                        )
