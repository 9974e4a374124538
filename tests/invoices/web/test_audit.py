"""The journal's page checks the chain of entries. The exported journal has a signature that anybody can
check."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from io import StringIO

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from django.core.management import call_command
from django.db import connection
from django.test import Client

from ims_portal.kernel import journal_file
from invoices import jobs
from invoices.journal import chain_check, signed_file
from invoices.models import Job, JournalEntry, Role
from tests.desk_pages import at, client_for
from tests.journal_guard import unguarded

pytestmark = pytest.mark.once


@pytest.fixture
def acted(world):
    records = [world.saves() for _ in range(3)]
    world.acts("accept", *records)
    world.acts("reject", records[0], remarks="=दर 18%\n|2:ok")
    return world


def exported(world, tmp_path):
    answer = client_for(world, Role.AUDITOR).get(at(world, "audit/export/"))
    assert answer.status_code == 200
    assert "attachment" in answer["Content-Disposition"]
    path = tmp_path / "journal.jsonl"
    path.write_bytes(b"".join(answer.streaming_content))
    return path


def checked(path, **options) -> tuple[int, str]:
    said = StringIO()
    try:
        call_command("check_journal", str(path), stdout=said, **options)
    except SystemExit as stop:
        return stop.code, said.getvalue()
    return 0, said.getvalue()


def test_an_auditor_checks_the_journal_and_reads_the_extent_of_the_check(acted):
    client = client_for(acted, Role.AUDITOR)
    page = client.post(at(acted, "audit/"), follow=True).content.decode()
    assert "Whole" in page
    assert "2 entries" in page
    assert "with 4 documents" in page
    with unguarded(), connection.cursor() as cursor:
        cursor.execute("UPDATE invoices_journalentry SET event = 'rejected' WHERE event = 'accepted'")
    page = client.post(at(acted, "audit/"), follow=True).content.decode()
    assert "Altered" in page
    assert "was changed after sealing" in page


def test_a_long_journal_is_checked_in_the_background(acted, monkeypatch):
    monkeypatch.setattr(chain_check, "AT_ONCE", 1)
    client = client_for(acted, Role.SIGNATORY)
    assert "Under way" in client.post(at(acted, "audit/"), follow=True).content.decode()
    job = Job.objects.get(kind="journal")
    jobs.run(job.pk)
    assert "Whole" in client.get(at(acted, "audit/")).content.decode()


def test_only_an_auditor_checks_and_exports_the_journal(acted):
    for role in (Role.VIEWER, Role.PREPARER, Role.SUPPLIER_CLERK):
        client = client_for(acted, role, name=f"is-{role}")
        assert client.post(at(acted, "audit/")).status_code == 403
        assert client.get(at(acted, "audit/export/")).status_code == 403
    assert not Job.objects.filter(kind="journal").exists()


def test_an_export_is_signed_and_passes_its_check_with_the_public_key_alone(acted, tmp_path):
    path = exported(acted, tmp_path)
    code, said = checked(path)
    assert (code, said[:3]) == (0, "ok:")
    assert f"{acted.recipient.gstin}, 2 entries, 4 lines" in said
    key = tmp_path / "key.pem"
    key.write_bytes(Client().get("/journal-key.pem").content)
    alone = [sys.executable, "-m", "ims_portal.kernel.journal_file", str(path), str(key)]
    assert subprocess.run(alone, check=False).returncode == 0
    rows = [json.loads(row) for row in path.read_bytes().splitlines()]
    assert [row["line"][4] for row in rows if "line" in row][-1] == "=दर 18%\n|2:ok"


def rows_of(path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


ALTERED = {
    "an event": lambda rows: [row.replace(b'"event":"accepted"', b'"event":"rejected"') for row in rows],
    "a line": lambda rows: [row.replace(b'"A -"', b'"R -"') if b'"line"' in row else row for row in rows],
    "a name": lambda rows: [row.replace(b'"who":"', b'"who":"x') for row in rows],
    "a line left out": lambda rows: [row for n, row in enumerate(rows) if n != 2],
    "a last entry left out": lambda rows: rows[:-3] + rows[-1:],
    "a line added": lambda rows: [*rows[:3], rows[2], *rows[3:]],
    "cut off": lambda rows: rows[:-1],
    "something after the end": lambda rows: [*rows, rows[1]],
    "no json": lambda rows: [rows[0], b"\x00\xff\n", *rows[1:]],
    "another signature": lambda rows: [
        *rows[:-1], json.dumps({**json.loads(rows[-1]), "signature": "A" * 86 + "=="}).encode()
    ],
    "nothing at all": lambda rows: [],
    "a file of another kind": lambda rows: [row.replace(b'"file":"', b'"file":"x') for row in rows],
    "a line that is none": lambda rows: [re.sub(rb'"line":\[.*\]', b'"line":[1]', row) for row in rows],
    "a line that is beyond any length": lambda rows: [*rows[:2], b'{"line":[' + b" " * 5_000_000 + b"]}\n", *rows[2:]],
    "an entry at another place": lambda rows: [row.replace(b'"sequence":1,', b'"sequence":3,') for row in rows],
    "another entry before it": lambda rows: [re.sub(rb'"previous":"\w', b'"previous":"g', row) for row in rows],
    "more wrong than anybody reads": lambda rows: [*rows, *rows[1:2] * 100],
}  # fmt: skip


@pytest.mark.parametrize("alter", ALTERED.values(), ids=ALTERED)
def test_i15_an_altered_export_fails_its_check(acted, tmp_path, alter):
    path = exported(acted, tmp_path)
    rows = rows_of(path)
    altered = alter(rows)
    assert altered != rows
    path.write_bytes(b"".join(altered))
    code, said = checked(path)
    assert (code, said[:7]) == (1, "ALTERED")


def test_a_signature_of_another_key_does_not_pass(acted, tmp_path):
    path = exported(acted, tmp_path)
    other = tmp_path / "other.pem"
    public = signed_file._key(str(other)).public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    other.write_bytes(public)
    assert checked(path, key=other)[0] == 1


def test_a_key_of_another_kind_is_no_key_for_a_journal():
    public = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )  # fmt: skip
    with pytest.raises(ValueError, match="Ed25519"):
        journal_file.public_key(public)


def test_a_check_of_the_journal_that_failed_is_shown_as_failed(acted, monkeypatch):
    def fails(_taxpayer):
        raise RuntimeError("the disk")

    monkeypatch.setattr(chain_check.chain, "breaks", fails)
    client = client_for(acted, Role.AUDITOR)
    client.post(at(acted, "audit/"))
    for _attempt in range(Job.MOST_ATTEMPTS):
        Job.objects.filter(kind="journal").update(lease_until=None)
        jobs.run(Job.objects.get(kind="journal").pk)
    page = client.get(at(acted, "audit/")).content.decode()
    assert "Not checked" in page
    assert "The check failed" in page


def test_a_check_names_the_first_faults_and_counts_the_others(acted, monkeypatch):
    monkeypatch.setattr(chain_check, "MOST_TOLD", 1)
    with unguarded(), connection.cursor() as cursor:
        cursor.execute(
            "UPDATE invoices_journalentry SET event = 'pending' WHERE event IN ('accepted', 'rejected')"
        )
    page = client_for(acted, Role.AUDITOR).post(at(acted, "audit/"), follow=True).content.decode()
    assert "and 1 more" in page


def test_the_export_needs_a_fixed_number_of_queries(acted, django_assert_max_num_queries):
    count = JournalEntry.objects.filter(taxpayer=acted.recipient).count()
    with django_assert_max_num_queries(4):
        rows = list(signed_file.rows(acted.recipient))
    assert len(rows) == 1 + count + 4 + 1


def test_the_journal_writes_a_period_in_words(acted):
    acted.goes_to("2024-11-10 10:00")
    acted.files("2024-10")
    client = Client()
    client.force_login(acted.person("asha", Role.AUDITOR, at=acted.supplier))
    page = client.get(f"/t/{acted.supplier.gstin}/audit/")
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page.content.decode()))
    assert "GSTR-2B month October 2024" in text
    assert "202410" not in text
