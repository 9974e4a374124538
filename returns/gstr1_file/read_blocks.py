"""The quick reader of GSTN's JSON. One call of the decoder reads many documents (a block), so the portal
reads a file of a million documents in seconds.

A block must end at a comma between two documents or two parties. The quick reader looks for this comma with a
pattern, from the end of the text in memory. The pattern may find a wrong comma, for example inside a text
value. The block is then not valid JSON, and the decoder fails.

The decoder does not report some faults: a repeated key, an unknown key, a minus zero, or a third decimal. The
quick reader looks for these faults itself. If the decoder fails, or a block may have such a fault, the exact
reader (`read`, `read_document`) reads the documents one by one and finds the place of each fault."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import msgspec

from ims_portal.kernel.json_stream import WINDOW, JsonStream
from returns.gstr1_file.read_document import Shape

TAIL = 32 * 1024
CUT = re.compile(rb'\}[ \t\r\n]*,[ \t\r\n]*(\{)[ \t\r\n]*"([a-z_A-Z]*)"')
ITEM_KEYS = {b"num", b"itm_det"}
PARTY_KEYS = {b"ctin", b"rtin", b"stin", b"inv", b"nt", b"cname", b"trdnm", b"cfs", b"cflag"}
ESCAPED_COLON = re.compile(rb"\\u003[aA]")
THREE_DECIMALS = re.compile(rb"\.[0-9]{3}")
MINUS_ZERO = re.compile(rb"-0[ \t\r\n,}\]]")
NEGATIVE_EXPONENT = re.compile(rb"[0-9][eE]-")


class _Wire(msgspec.Struct, gc=False, omit_defaults=True):
    """The base class of all decoded structs. A field that the JSON leaves out is None. None never means null,
    because the quick reader refuses a block that contains a null."""


class ItemDetail(_Wire):
    rate: float | None = msgspec.field(default=None, name="rt")
    taxable: float | None = msgspec.field(default=None, name="txval")
    igst: float | None = msgspec.field(default=None, name="iamt")
    cgst: float | None = msgspec.field(default=None, name="camt")
    sgst: float | None = msgspec.field(default=None, name="samt")
    cess: float | None = msgspec.field(default=None, name="csamt")


class Item(_Wire):
    num: Any = None
    detail: ItemDetail | None = msgspec.field(default=None, name="itm_det")


class Document(_Wire):
    """The fields that invoices and notes share. The fields after `flag` are common in files, but the portal
    does not use their values."""

    value: float | None = msgspec.field(default=None, name="val")
    place: str | None = msgspec.field(default=None, name="pos")
    reverse_charge: str | None = msgspec.field(default=None, name="rchrg")
    invoice_type: str | None = msgspec.field(default=None, name="inv_typ")
    items: list[Item] | None = msgspec.field(default=None, name="itms")
    irn: str | None = None
    irn_date: str | None = msgspec.field(default=None, name="irngendate")
    percent: float | None = msgspec.field(default=None, name="diff_percent")
    operator: str | None = msgspec.field(default=None, name="etin")
    flag: Any = None
    chksum: Any = None
    updby: Any = None
    cflag: Any = None
    opd: Any = None
    srctyp: Any = None


class Invoice(Document):
    number: str | None = msgspec.field(default=None, name="inum")
    day: str | None = msgspec.field(default=None, name="idt")


class Note(Document):
    number: str | None = msgspec.field(default=None, name="nt_num")
    day: str | None = msgspec.field(default=None, name="nt_dt")
    letter: str | None = msgspec.field(default=None, name="ntty")
    p_gst: Any = None


class _Party(_Wire):
    cname: Any = None
    trdnm: Any = None
    cfs: Any = None
    chksum: Any = None


class InvoiceParty(_Party):
    recipient: str | None = msgspec.field(default=None, name="ctin")
    documents: list[Invoice] | None = msgspec.field(default=None, name="inv")


class NoteParty(_Party):
    recipient: str | None = msgspec.field(default=None, name="ctin")
    documents: list[Note] | None = msgspec.field(default=None, name="nt")


class OperatorParty(_Party):
    recipient: str | None = msgspec.field(default=None, name="rtin")
    supplied_by: str | None = msgspec.field(default=None, name="stin")
    documents: list[Invoice] | None = msgspec.field(default=None, name="inv")


PARTIES: dict[str, type] = {
    "b2b": InvoiceParty,
    "cdnr": NoteParty,
    "ecom.b2b": OperatorParty,
    "ecom.urp2b": OperatorParty,
}
DECODERS: dict[str, Any] = {
    name: msgspec.json.Decoder(list[party])  # type: ignore[valid-type]
    for name, party in PARTIES.items()
}
ENCODE = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class Block:
    """Parties that were decoded together. `nth` is the number of the first party in its section, and
    `position` is the number of the first document in that party. If `goes_on` is true, the last party has
    further documents after the block."""

    shape: Shape
    parties: list[Any]
    nth: int
    position: int
    goes_on: bool


class Blocks:
    """The quick reader of one section."""

    def __init__(self, stream: JsonStream, shape: Shape):
        self.stream, self.shape = stream, shape
        self.party = PARTIES.get(shape.name)
        self._not_before = 0

    def header(self, head: dict[str, Any]) -> bytes:
        """Return the JSON text that begins a party, made from the keys read so far. Return an empty text if
        only the exact reader can read the rest of the party."""
        recipient = head.get(self.shape.recipient)
        if self.party is None or not isinstance(recipient, str):
            return b""
        beside = [head[key] for key in self.shape.beside if isinstance(head.get(key), str)]
        given = {"supplied_by": beside[0]} if beside else {}
        try:
            return bytes(ENCODE(self.party(recipient=recipient, documents=[], **given))[:-2])
        except UnicodeEncodeError:
            return b""  # the text contains half a surrogate pair, which cannot be encoded

    def take(self, nth: int, position: int = 0, header: bytes = b"") -> Block | None:
        """Return the next block. Return None if the quick reader cannot decode a block at the current
        position of the stream. Without `header`, this position must be the beginning of a party. With
        `header`, the position must be a document inside a party."""
        stream = self.stream
        if self.party is None or stream.offset < self._not_before:
            return None
        while len(stream.data) - stream.at < WINDOW and stream.more():
            pass
        cut = self._cut()
        if cut is not None:
            text, goes_on, following = cut
            parties = self._decode(b"[" + header + text + (b"]}]" if goes_on else b"]"), goes_on)
            if parties is not None:
                stream.at = following
                return Block(self.shape, parties, nth, position, goes_on)
        # The quick reader cannot read the text that is in memory now. The exact reader reads this text to its
        # end. Then the quick reader tries again.
        self._not_before = stream.offset + len(stream.data) - stream.at
        return None

    def _cut(self) -> tuple[bytes, bool, int] | None:
        data, start = self.stream.data, self.stream.at
        for found in reversed(list(CUT.finditer(data, max(start, len(data) - TAIL)))):
            key = found.group(2)
            if key not in ITEM_KEYS:
                return data[start : found.start() + 1], key not in PARTY_KEYS, found.start(1)
        return None

    def _decode(self, text: bytes, goes_on: bool) -> list[Any] | None:
        try:
            parties: list[Any] = DECODERS[self.shape.name].decode(text)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None
        again = ENCODE(parties)
        # Encode the decoded block again, and compare the number of colons. If the text has a repeated key, an
        # unknown key or a null, the encoded block has fewer colons. The exact reader must then read the text.
        if again.count(b":") != text.count(b":") or b":-" in again or THREE_DECIMALS.search(text):
            return None
        if MINUS_ZERO.search(text) or ESCAPED_COLON.search(text):
            return None
        if (b"e-" in text or b"E-" in text) and NEGATIVE_EXPONENT.search(text):
            return None
        if any(party.documents is None for party in parties):
            return None
        last = parties[-1]
        # The last party has further documents after this block. If a key that its documents need is missing
        # here, the key may come after the documents. The exact reader must then read this party.
        if goes_on and (last.recipient is None or (self.shape.beside and last.supplied_by is None)):
            return None
        return parties


def as_read(found: Any) -> dict[str, Any]:
    """Return a decoded struct as the dict that the exact reader would have read, with amounts as
    `Decimal`."""
    made = {}
    for field, name in zip(found.__struct_fields__, found.__struct_encode_fields__, strict=True):
        value = getattr(found, field)
        if isinstance(value, float):
            value = Decimal(repr(value))
        elif isinstance(value, msgspec.Struct):
            value = as_read(value)
        elif isinstance(value, list) and field in ("items", "documents"):
            value = [as_read(item) for item in value]
        if value is not None:
            made[name] = value
    return made


def known_keys(party: Any) -> dict[str, Any]:
    """Return the keys of a decoded party that have a value, without the list of documents."""
    pairs = zip(party.__struct_fields__, party.__struct_encode_fields__, strict=True)
    return {
        name: getattr(party, field) for field, name in pairs if field != "documents" and getattr(party, field)
    }
