"""A table lists the attacks and names the tests of each attack. Every test that the table names exists."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# The tests for each attack.
ROWS = {
    "broken, truncated, deep, non-UTF-8 JSON; lone surrogates; BOM": (
        "tests/hostile/test_hostile_input.py::test_text_that_is_no_json_is_refused_with_its_position",
        "tests/hostile/test_fuzz.py::test_no_text_breaks_a_reader",
    ),
    "NaN, Infinity, 1e400, 5,000-digit ints, -0, 3 decimals": (
        "tests/hostile/test_hostile_input.py::test_a_meaningless_number_is_refused",
    ),
    "duplicate JSON keys": ("tests/hostile/test_hostile_input.py::test_a_key_twice_is_refused",),
    "body over 10 MB, file over 20 MB": (
        "tests/returns/api/test_guards.py::test_a_body_over_10_mb_is_413_before_it_is_read",
        "tests/hostile/test_hostile_input.py::test_a_file_over_20_mb_is_refused_before_it_is_parsed",
        "tests/returns/gstn/test_bad_requests.py::test_a_request_too_large_is_refused_before_it_is_read",
    ),
    "workbooks that are none, encrypted, bombs, macros, links, too long; formula cells": (
        "tests/returns/files/test_hostile_workbooks.py::test_a_hostile_workbook_is_refused_with_its_code",
        "tests/returns/files/test_hostile_workbooks.py::test_a_workbook_of_too_many_rows_is_refused",
        "tests/returns/files/test_ims_cells.py::test_formulas_unknown_words_and_lost_keys_are_refused_by_cell",
    ),
    "cells that begin like a formula": (
        "tests/returns/files/test_ims_workbook.py::test_formula_looking_text_stays_text",
        "tests/hostile/test_hostile_input.py::test_csv_cells_that_begin_like_a_formula_are_quoted",
    ),
    "GSTIN: check character, case, spaces, look-alikes, own": (
        "tests/returns/gstr1_file/test_bad_files.py::test_a_bad_recipient_refuses_its_documents",
        "tests/returns/gstr1_file/test_bad_files.py::test_a_gstin_in_lower_case_with_spaces_is_corrected",
        "tests/hostile/test_hostile_input.py::test_a_gstin_that_only_looks_like_one_is_refused",
    ),
    "document numbers": (
        "tests/hostile/test_hostile_input.py::test_a_document_number_of_other_letters_is_refused",
    ),
    "NUL, right-to-left marks, 4-byte characters, long remarks": (
        "tests/hostile/test_hostile_input.py::test_odd_characters_in_remarks_are_refused_or_shown_as_text",
    ),
    "file names": ("tests/hostile/test_hostile_input.py::test_the_name_of_a_file_is_never_a_path",),
    "dates": ("tests/hostile/test_hostile_input.py::test_a_meaningless_date_is_refused",),
    "another GSTIN's ids": (
        "tests/access/test_access_table.py::test_no_role_opens_or_changes_a_gstin_where_the_person_has_no_role",
        "tests/access/test_access_table.py::"
        "test_ids_of_another_taxpayer_answer_404_under_the_gstin_of_the_person",
        "tests/invoices/web/desk/test_access.py::test_another_recipients_record_in_a_selection_is_answered_like_an_unknown_record",
        "tests/returns/api/test_guards.py::test_another_taxpayers_record_is_not_found",
    ),
    "cross-site POST, missing token, GET that would change": (
        "tests/hostile/test_hostile_input.py::test_no_page_takes_a_post_without_its_token",
        "tests/hostile/test_hostile_input.py::test_looking_at_every_page_changes_no_document_and_no_decision",
    ),
    "stored script": (
        "tests/hostile/test_hostile_input.py::test_script_in_names_remarks_and_files_is_inert",
    ),
    "sort, filter, search injection; page size": (
        "tests/hostile/test_hostile_input.py::test_a_query_string_is_a_known_choice_or_is_refused",
        "tests/hostile/test_every_parameter.py::test_no_edge_value_of_a_parameter_breaks_an_address",
    ),
    "idempotency keys": (
        "tests/returns/api/test_guards.py::test_the_same_key_gives_the_same_answer_and_writes_once",
        "tests/returns/api/test_guards.py::test_the_same_key_at_once_is_409",
        "tests/returns/api/test_guards.py::test_an_idempotency_key_belongs_to_one_person",
    ),
    "guessing passwords, codes and tokens": (
        "tests/invoices/web/people/test_sign_in.py::test_ten_wrong_passwords_lock_only_this_name_and_even_for_the_right_password",
        "tests/invoices/web/people/test_sign_in.py::test_wrong_passwords_lock_their_address_and_no_other_address",
        "tests/invoices/web/people/test_sign_in.py::test_a_code_counts_once_and_wrong_codes_lock_the_factor",
        "tests/invoices/web/people/test_sign_in.py::test_bad_tokens_are_limited_by_address_and_a_good_one_still_works",
        "tests/returns/gstn/test_bad_requests.py::test_five_wrong_otps_lock_sign_in_for_a_while",
    ),
    "redirect to a foreign host; forged Host": (
        "tests/hostile/test_hostile_input.py::test_signing_in_leads_to_no_other_host",
        "tests/hostile/test_hostile_input.py::test_a_forged_host_is_refused",
        "tests/invoices/web/desk/test_access.py::test_an_action_never_leads_away_from_the_portal",
    ),
    "addresses the portal would fetch": (
        "tests/hostile/test_hostile_input.py::test_only_webhooks_reach_out_and_only_to_hosts_staff_has_listed",
    ),
}


def test_every_row_of_the_table_has_its_tests():
    for row, names in ROWS.items():
        for name in names:
            path, _, function = name.partition("::")
            tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
            there = {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
            assert function in there, f"{row}: {name}"
