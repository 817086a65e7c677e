"""What the tests of the API share: a reader without a limit, and the published shapes, taken at their word."""

import copy

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from api.rest.description import description

CLINICS = "/api/v1/clinics/"


@pytest.fixture(autouse=True)
def _no_hurry(settings):
    settings.API_READS_PER_MINUTE = 1_000_000


@pytest.fixture
def search(client, db):
    """Search by parameters, lists repeated; gives the response."""
    return lambda **params: client.get(CLINICS, params)


def _closed(shape):
    """`shape`, taking no key that it does not name. Published shapes are open, so that keys may be added."""
    if isinstance(shape, dict):
        closed = {key: _closed(value) for key, value in shape.items()}
        return {**closed, "additionalProperties": False} if "properties" in shape else closed
    return [_closed(item) for item in shape] if isinstance(shape, list) else shape


@pytest.fixture(scope="session")
def holds_to():
    """Fails unless a value is exactly what the OpenAPI file says of the shape with this name."""
    shapes = _closed(copy.deepcopy(description()["components"]))

    def holds_to(name, value):
        schema = {"$ref": f"#/components/schemas/{name}", "components": shapes}
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(value)

    return holds_to
