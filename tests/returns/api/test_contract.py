"""schemathesis tests the API against its OpenAPI document: no server error, and no response that the document
does not describe."""

from __future__ import annotations

from collections import Counter

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode, checks
from schemathesis.core.parameters import ParameterLocation

from ims_portal.wsgi import application
from invoices.models import Membership, Role
from invoices.rules.situation import Kind
from tests.api_client import api_for
from tests.desk_pages import some

pytestmark = [pytest.mark.slow, pytest.mark.once]
# The number of examples for each operation. The API has about 65 operations, each tested with valid and with
# invalid input. Eight examples use every parameter and field, and do not make the test too slow.
EXAMPLES = 8
CHECKED = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
    checks.negative_data_rejection,
]


@pytest.fixture
def _one_connection():
    """Keep the database connection open between requests, so that the application uses the test's own
    transaction."""
    request_started.disconnect(close_old_connections)
    request_finished.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def api(world, _one_connection):
    records = some(world, 3)
    records.append(world.saves(kind=Kind.CREDIT_NOTE))
    world.goes_to("2024-11-09 10:00")
    world.files("2024-10")
    world.goes_to("2024-11-14 10:00")
    records.append(world.saves(number="LATER"))
    world.acts("reject", records[0], remarks="no")
    api = api_for(world)
    for role in Role:
        Membership.objects.get_or_create(user=api.user, taxpayer=world.supplier, role=role)
    api.places = {
        "gstin": [world.recipient.gstin, world.supplier.gstin],
        "record_id": [record.pk for record in records],
        "document_id": [record.pk for record in records],
        "period": ["102024", "112024"],
        "form": ["gstr1", "gstr1a", "iff"],
        "job_id": [1, 2, 3],
        "batch_id": [1, 2],
        "view_id": [1],
        "webhook_id": [1],
        "ledger": ["reclaim", "rcm"],
    }
    return api


def test_the_api_answers_as_its_document_says(api):
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json?format=json", application)
    operations = [result.ok() for result in schema.get_all_operations()]
    assert len(operations) > 60
    answered: Counter[int] = Counter()
    for operation in operations:
        _compare_with_document(operation, GenerationMode.POSITIVE, api, answered)
        if operation.body or operation.query:
            _compare_with_document(operation, GenerationMode.NEGATIVE, api, answered)
    print(f"{len(operations)} operations, {answered.total()} answers: {dict(sorted(answered.items()))}")  # noqa: T201
    # the cases include accepted requests, malformed requests, unknown ids, and requests that the law refuses
    assert {200, 400, 404, 422} <= set(answered), answered


def _still_wrong(case) -> bool:
    """Return whether the case has a wrong body or a wrong query. Other faults do not count, because the test
    replaces a wrong path or token by a right one."""
    wrong = (ParameterLocation.BODY, ParameterLocation.QUERY)
    return any(
        component.mode is GenerationMode.NEGATIVE
        for place, component in case.meta.components.items()
        if place in wrong
    )


def _compare_with_document(operation, mode, api, answered) -> None:
    """Call one operation with generated cases, and compare every response with the OpenAPI document."""

    @seed(20241114)
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode), data=st.data())
    def held(case, data):
        # use ids that exist, so that the code after the look-up of the id runs too
        for name in sorted(set(case.path_parameters or {}) & set(api.places)):
            case.path_parameters[name] = data.draw(st.sampled_from(api.places[name]))
        if mode is GenerationMode.NEGATIVE and not _still_wrong(case):
            return
        response = case.call(headers={"Authorization": f"Bearer {api.secret}"})
        answered[response.status_code] += 1
        case.validate_response(response, checks=CHECKED)

    held()
