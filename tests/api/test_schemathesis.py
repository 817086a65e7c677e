"""The API, tried at random from its own description, in process."""

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.core.wsgi import get_wsgi_application
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, assume, given, settings
from schemathesis import checks

from api.rest.description import description
from tests import build

pytestmark = pytest.mark.once

CHECKS = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
    checks.response_headers_conformance,
    checks.negative_data_rejection,
]
RELAXED = settings(
    max_examples=60,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.fixture
def one_connection():
    """The end of a request leaves the connection open, as with Django's client: the test is inside a transaction."""
    request_finished.disconnect(close_old_connections)
    request_started.disconnect(close_old_connections)
    yield
    request_started.connect(close_old_connections)
    request_finished.connect(close_old_connections)


@pytest.fixture
def tried(gazetteer, one_connection):
    build.many([{"name": f"Clinic {number}", "modalities": ("iv",)} for number in range(3)])
    schema = schemathesis.openapi.from_dict(description())
    schema.app = get_wsgi_application()
    return schema


def _sends_an_empty_value(case):
    """An empty value counts as none, because forms send them. A schema cannot say so."""
    sent = [
        item
        for value in (case.query or {}).values()
        for item in (value if isinstance(value, list) else [value])
    ]
    return any(item in ("", {}, []) for item in sent) or [] in (case.query or {}).values()


@pytest.mark.parametrize("mode", [schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE])
@pytest.mark.parametrize("path", ["/api/v1/clinics/", "/api/v1/clinics/{slug}/"])
def test_whatever_is_sent_the_answer_is_one_it_describes(tried, path, mode):
    operation = tried[path]["GET"]

    @given(case=operation.as_strategy(generation_mode=mode))
    @RELAXED
    def every_case(case):
        assume(not _sends_an_empty_value(case))
        case.call_and_validate(checks=CHECKS, headers={"Accept-Encoding": "identity"})

    every_case()
