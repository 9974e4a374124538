"""One command reads a register and saves its bills. The command prints the mapping first. An open question stops the
command, and a bad file changes nothing."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from invoices.register import intake
from invoices.register.models import Bill, RegisterRow, RegisterUpload
from tests.world import gstin

pytestmark = pytest.mark.django_db

HEADINGS = [
    "Supplier GSTIN",
    "Supplier Name",
    "Invoice Number",
    "Invoice Date",
    "Taxable Value",
    "IGST Amount",
]
HEADINGS += ["CGST Amount", "SGST Amount"]


@pytest.fixture
def register(tmp_path, world):
    def made(*rows: list, headings: list[str] = HEADINGS) -> Path:
        file = tmp_path / "register.csv"
        with file.open("w", newline="") as out:
            csv.writer(out).writerows([headings, *rows])
        return file

    return made


def row(world, number: str, day: str = "15/10/2024", taxable: int = 1_000) -> list:
    return [world.supplier.gstin, world.supplier.legal_name, number, day, taxable, taxable * 18 // 100, 0, 0]


def last_line(capsys) -> str:
    return capsys.readouterr().out.strip().splitlines()[-1]


def test_each_row_is_a_document_or_left_out_with_its_reason(world, register, capsys):
    file = register(
        row(world, "A-1"), row(world, "A-2", "20/10/2024"), ["", "Grand Total", "", "", 2_000, 360, 0, 0]
    )
    call_command("import_register", world.recipient.gstin, file)
    assert last_line(capsys) == "2 documents of 3 rows, 1 rows left out"
    upload = RegisterUpload.objects.get()
    assert (upload.rows, upload.rows_used, upload.rows_left_out, upload.documents) == (3, 2, 1, 2)
    left = RegisterRow.objects.exclude(left_out="").get()
    assert (left.number, left.bill) == (4, None)
    assert left.why
    assert Bill.objects.get(number="A-1").igst == 180_00


def test_check_reads_and_saves_nothing(world, register, capsys):
    call_command("import_register", world.recipient.gstin, register(row(world, "A-1")), check=True)
    assert last_line(capsys) == "1 documents of 1 rows, 0 rows left out"
    assert (Bill.objects.count(), RegisterUpload.objects.count()) == (0, 0)


def test_a_question_stops_the_command_until_it_is_answered(world, register, capsys):
    file = register(row(world, "A-1", "03/10/2024"))
    with pytest.raises(CommandError, match="--accept-guesses"):
        call_command("import_register", world.recipient.gstin, file)
    assert "dates:document_date" in capsys.readouterr().out
    assert not Bill.objects.exists()
    call_command("import_register", world.recipient.gstin, file, answer=["dates:document_date=mdy"])
    assert Bill.objects.get().document_date.isoformat() == "2024-03-10"


def test_the_answers_of_the_last_register_are_used_for_the_next_one(world, register):
    file = register(row(world, "A-1", "03/10/2024"))
    call_command("import_register", world.recipient.gstin, file, accept_guesses=True)
    found = intake.looked(world.recipient, file.read_bytes(), "register.csv")
    upload = RegisterUpload.objects.get()
    assert upload.mapping["answers"]
    assert found.mapping.fingerprint


def test_rows_booked_at_another_registration_are_left_out_and_told(world, register):
    file = register(
        [*row(world, "A-1"), world.recipient.gstin],
        [*row(world, "A-2"), gstin("07", 4444)],
        headings=[*HEADINGS, "Company GSTIN"],
    )
    call_command("import_register", world.recipient.gstin, file, accept_guesses=True)
    assert [bill.number for bill in Bill.objects.all()] == ["A-1"]
    assert RegisterRow.objects.exclude(left_out="").count() == 1


def test_a_file_that_is_no_register_changes_nothing(world, tmp_path):
    file = tmp_path / "page.xlsx"
    file.write_bytes(b"<html><table><tr><td>GSTR-2B</td></tr></table></html>")
    with pytest.raises(CommandError, match="REG-"):
        call_command("import_register", world.recipient.gstin, file)
    assert not RegisterUpload.objects.exists()
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_register", world.recipient.gstin, tmp_path / "missing.csv")
    with pytest.raises(CommandError, match="not known here"):
        call_command("import_register", gstin("07", 4444), file)


def test_what_was_imported_is_matched_with_the_desk(world, register, capsys):
    record = world.saves(number="A/001", document_date="2024-10-15", taxable=1_000)
    call_command("import_register", world.recipient.gstin, register(row(world, "A-1")))
    call_command("match", world.recipient.gstin)
    assert "EXACT: 1" in capsys.readouterr().out
    assert record.number == "A/001"
