"""The reader of purchase registers, in pure Python: any Excel or CSV file, and the XML of Tally, read by its content.

Start with `look`. It says what the file is, and asks what a person must decide. `rows` yields every row of the file, used
or left out with a reason, and `joined` makes documents of them. Nothing is saved here."""

from invoices.register.reading.joining import Joined, Joint, joined
from invoices.register.reading.looking import Look, look, rows
from invoices.register.reading.mapping import Found, Mapping, Part, Question
from invoices.register.reading.refusals import LeftOut, Warned
from invoices.register.reading.rows import Row

__all__ = [
    "Found",
    "Joined",
    "Joint",
    "LeftOut",
    "Look",
    "Mapping",
    "Part",
    "Question",
    "Row",
    "Warned",
    "joined",
    "look",
    "rows",
]
