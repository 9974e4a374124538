"""Rules about the code itself. The law is decided in one place, only the listed modules contain field names
of interfaces, and each module has one subject."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("ims_portal", "invoices", "gstr2b", "returns", "tools")
WIRE = re.compile(
    r"(ctin|rtnprd|inum|idt|nt_num|nt_dt|oinum|oidt|ont_num|ont_dt|txval|iamt|camt|samt|csamt|srcform|srcfilstatus"
    r"|ntty|rchrg|inv_typ|boenum|boedt|portcd|itcRedReq|declIgst|declCgst|declSgst|declCess|docRejdata|supfildt"
    r"|supprd|trdnm)"
)
# Only these modules contain the field names of GSTN's interface or of file formats.
WIRE_MODULES = {
    "gstr2b/api/gstn_out.py",
    "gstr2b/api/gstn_out_documents.py",
    "tools/gstn_bench/served.py",
    "returns/gstn/parameters.py",
    "invoices/api/gstn_in.py",
    "invoices/api/gstn_out.py",
    "invoices/workbooks/layout.py",
    "returns/api/gstn_out.py",
    "returns/api/gstr1_summary.py",
    "returns/api/gstr2a_out.py",
    "returns/api/gstr3b_autoliab.py",
    "returns/api/gstr3b_sections.py",
    "returns/files/other_portals/amounts.py",
    "returns/files/other_portals/records.py",
    "returns/files/other_portals/read.py",
    "returns/files/other_portals/split.py",
    "returns/files/other_portals/stated.py",
    "returns/files/stated_figures.py",
    "returns/gstr1_file/other_fields.py",
    "returns/gstr1_file/other_sections.py",
    "returns/gstr1_file/read.py",
    "returns/gstr1_file/read_blocks.py",
    "returns/gstr1_file/read_document.py",
    "returns/gstr1_file/write.py",
    "returns/gstr1_file/usual_rows.py",
    # These two modules read scenario files. Some names of amounts in these files are also field names of the
    # interface.
    "returns/sandbox/scenarios/schema.py",
    "returns/sandbox/match_cases/world.py",
    "returns/sandbox/scenarios/story.py",
}
# These modules are outside `invoices/rules/` and contain a rule number. The text after each path gives the
# reason.
RULE_NUMBERS = {
    "gstr2b/web/pages.py": "tells the reader which rule a sentence of the page rests on",
    "invoices/api/desk.py": "an example in the API's description",
    "invoices/desk/batches.py": "names the rule beside a count of records that changed meanwhile",
    "invoices/models/desk.py": "help text of a column",
    "invoices/models/record.py": "help text of a column",
    "invoices/queries/explain.py": "puts a record's facts into words, each with the rule that makes it one",
    "invoices/desk/undo.py": "says why there is nothing to take back",
    "invoices/web/desk/overview.py": "tells the reader which rule a sentence of the page rests on",
    "invoices/web/desk/record_choices.py": "tells the reader which rule a sentence of the page rests on",
    "returns/files/ims_import.py": "names the rule beside a row that left IMS",
    "returns/outward/save_and_file.py": "names the rule of a form that is still open",
}

# In these modules Django's Case and When use routes or periods. The text after each path gives the reason.
CASES_OF_ROUTE_OR_PERIOD = {
    "invoices/desk/decisions.py": "keeps what stood before for Undo, the 2B period among it",
    "invoices/models/record.py": "names the part of an index; the Case is about the sign of a credit note",
    "invoices/queries/routes.py": "asks the rule for each combination and makes the CASE of its answers",
    "invoices/queries/situations.py": "the clock facets; tests/invoices/queries/test_situations.py holds them to the Python beside",
    "invoices/web/record_list/columns.py": "asks is_closed of situations.py for the originals of a page",
    "returns/gstr3b/filing.py": "an add-back is posted no earlier than the supplier's open period, which gates.py names",
    "returns/outward/queries.py": "shows no action on documents past IMS",
    "returns/outward/recipients_answers.py": "shows no action on documents past IMS",
    "returns/outward/rejections.py": "asks the effect of each label apart for credit past its last claim period",
    "returns/overview/analytics.py": "adds up what was filed after its own period",
    "returns/outward/workbook.py": "asks is_closed of situations.py for many recipients at once",
}
ROUTE_OR_PERIOD = re.compile(
    r"(?:\w+__)?(?:route|(?:natural|claim|last_claim|land|tax|open)_period|moved_to|land)(?:__\w+)?"
)


def literals(text: str):
    """Yield the string literals of the code, without docstrings and comments."""
    tree = ast.parse(text)
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    docs = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, owners) and node.body and isinstance(node.body[0], ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docs:
            yield node.value


def sources(*packages: str):
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path, path.read_text(encoding="utf-8")


def test_rules_use_no_clock_environment_or_random_numbers():
    for path, text in sources("invoices/rules"):
        names = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
        attributes = {node.attr for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Attribute)}
        assert not names & {"clock", "os", "random", "environ", "settings"}, path
        assert not attributes & {"now", "utcnow", "environ"}, path


def test_interface_names_are_only_in_interface_modules():
    for path, text in sources():
        place = path.relative_to(ROOT).as_posix()
        if place not in WIRE_MODULES and not place.startswith("invoices/rules"):
            found = [value for value in literals(text) if WIRE.fullmatch(value)]
            assert not found, f"{place}: wire names {found} outside the wire modules"


def test_rule_numbers_are_only_in_the_rules_and_beside_texts_for_people():
    for path, text in sources():
        place = path.relative_to(ROOT).as_posix()
        if not place.startswith("invoices/rules") and place not in RULE_NUMBERS:
            found = [value for value in literals(text) if re.search(r"\bR-\d{3}\b", value)]
            assert not found, f"{place} names a rule: {found}"


def test_rulings_are_made_and_books_are_chosen_in_the_rules_only():
    for path, text in sources():
        place = path.relative_to(ROOT).as_posix()
        if place.startswith("invoices/rules"):
            continue
        tree = ast.parse(text)
        from_rules = {
            alias.asname or alias.name
            for node in ast.walk(tree)
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("invoices.rules.ruling")
            for alias in node.names
        }
        called = {
            n.func.id for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)
        }
        made = called & from_rules & {"Ruling", "Refusal", "Clause", "Line", "clause"}
        assert not made, f"{place} makes a {made} of its own"
        books = [value for value in literals(text) if value in ("2410", "2510")]
        assert not books, f"{place} names a rulebook"
        periods = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value == 202510]
        assert not periods, f"{place} knows when a rulebook begins"


def test_only_the_kernel_clock_reads_the_system_time():
    for path, text in sources():
        if path.name == "clock.py" and "kernel" in path.parts:
            continue
        for call in ("datetime.now(", "date.today(", "timezone.now(", "utcnow(", "localdate("):
            assert call not in text, f"{path.relative_to(ROOT)} calls {call}"


def test_law_is_decided_in_the_rules_only():
    """Only the rules contain refusal codes and T2 sections of GSTR-2B.

    Other code reads the codes and sections from the rules."""
    law = re.compile(
        r"PENDING_NOT_ALLOWED|REJECT_NOT_ALLOWED|ORIGINAL_NOT_CLOSED|DECL_EXCEEDS|AV_A\d|NA_[AB]\b|REV_37A"
    )
    for path, text in sources():
        place = path.relative_to(ROOT).as_posix()
        if place.startswith(("invoices/rules", "returns/sandbox/scenarios")) or path.name in {
            "sections.py",
            "exports.py",
            # this module is a table of interface names and decides nothing about the law
            "codes.py",
        }:
            continue
        found = law.search(text)
        assert not found, f"{place} names {found.group()}"


def _named_in(code: ast.AST) -> set[str]:
    """Return the names of route and period columns in this code, from keyword arguments and strings."""
    names: set[str] = set()
    for node in ast.walk(code):
        if isinstance(node, ast.keyword) and node.arg:
            names.add(node.arg)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            names.add(node.value)
    return {name for name in names if ROUTE_OR_PERIOD.fullmatch(name)}


def test_no_case_decides_on_routes_or_periods_outside_named_modules():
    """Only the modules in `CASES_OF_ROUTE_OR_PERIOD` use routes or periods in Django's Case and When, because
    law can hide in SQL. An earlier version of the portal defined R-030 a second time, in a Case."""
    found: dict[str, set[str]] = {}
    for path, text in sources("invoices", "gstr2b", "returns"):
        place, tree = path.relative_to(ROOT).as_posix(), ast.parse(text)
        calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]
        cases = [n for n in calls if n.func.id in ("Case", "When")]
        # also read Q objects, because code can build the condition of a Case in a variable first
        conditions = [n for n in calls if n.func.id == "Q"] if cases else []
        functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)] if cases else []
        around = [f for f in functions if any(n in cases for n in ast.walk(f))]
        names = set().union(*map(_named_in, [*cases, *conditions, *around]))
        if names:
            found[place] = names
    unexpected = {place: names for place, names in found.items() if place not in CASES_OF_ROUTE_OR_PERIOD}
    assert not unexpected, "ask the rule (invoices/queries/routes.py), or name the module with its reason"
    assert set(CASES_OF_ROUTE_OR_PERIOD) <= set(found), "names a module without such a Case"


def test_the_heads_of_tax_are_listed_once():
    """The list is `ims_portal.kernel.money.HEADS`. A second list could miss a head or change the order."""
    heads = ["igst", "cgst", "sgst", "cess"]
    # these three modules list the heads for another purpose: as columns of an admin page, as keys of a
    # scenario file, and as names in files of other portals
    own_words = {
        "gstr2b/admin.py",
        "returns/sandbox/scenarios/schema.py",
        "returns/files/other_portals/amounts.py",
    }
    listed = set()
    for path, text in sources():
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Tuple | ast.List | ast.Set):
                values = [item.value for item in node.elts if isinstance(item, ast.Constant)]
                if set(heads) <= set(values):
                    listed.add(path.relative_to(ROOT).as_posix())
    assert listed == own_words | {"ims_portal/kernel/money.py"}


def test_one_module_marks_statements_stale():
    """R-086: a draft is stale if `changes`, the number of actions after the draft, is above zero.

    Only staleness.py increases `changes`. A second module could forget to check whether a draft exists.
    generation.py sets `changes` to zero when it saves a new version of the draft."""
    writers = set()
    for path, text in sources("invoices", "gstr2b", "returns"):
        for call in ast.walk(ast.parse(text)):
            if (
                isinstance(call, ast.Call)
                and isinstance(call.func, ast.Attribute)
                and call.func.attr == "update"
            ) and any(keyword.arg == "changes" for keyword in call.keywords):
                writers.add(path.relative_to(ROOT).as_posix())
    assert writers == {"invoices/documents/staleness.py", "gstr2b/generation.py"}


def test_one_module_of_the_desk_writes_decisions():
    """Actions write decisions through decisions.py alone. Another module could forget to increase the version
    number of a decision, and the portal would then accept an outdated action.

    The code of working copies is the exception, because imported records come with decisions."""
    writers = set()
    for path, text in sources("invoices/desk"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.ImportFrom) and "Decision" in {alias.name for alias in node.names}:
                writers.add(path.name)
    assert writers == {"decisions.py", "working_copy_records.py"}


def test_modules_keep_to_one_subject():
    for path, text in sources():
        assert text.count("\n") <= 400, f"{path.relative_to(ROOT)} has more than 400 lines"
        assert ast.get_docstring(ast.parse(text)) or not text.strip(), (
            f"{path.relative_to(ROOT)} says not what it is for"
        )
