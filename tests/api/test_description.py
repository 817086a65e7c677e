"""The OpenAPI file, and that nothing in it can drift from what is answered."""

import json
from urllib.parse import urlsplit

import pytest
from jsonschema import Draft202012Validator

from api import problems
from api.rest import mine_shapes, parameters, shapes
from api.rest.description import description
from directory import filters


@pytest.fixture(scope="module")
def told():
    return description()


def operations(told):
    return [operation for methods in told["paths"].values() for operation in methods.values()]


def test_it_is_openapi_3_1_with_exactly_the_public_addresses(told, settings):
    assert told["openapi"].startswith("3.1.")
    assert list(told["paths"]) == [
        "/api/v1/clinics/",
        "/api/v1/clinics/{slug}/",
        "/api/v1/clinics/{slug}/checks/",
        "/api/v1/mine/clinics/",
        "/api/v1/mine/clinics/{slug}/",
    ]
    assert told["servers"] == [{"url": settings.SITE_URL}]


def test_its_shapes_are_json_schema(told):
    for shape in told["components"]["schemas"].values():
        Draft202012Validator.check_schema(shape)


def test_its_parameters_are_the_ones_that_search_parses(told):
    names = {parameter.name for parameter in parameters.SEARCH}
    assert names == {*filters.NAMES, "format"}


@pytest.mark.parametrize("parameter", parameters.SEARCH, ids=lambda parameter: parameter.name)
def test_every_value_it_offers_is_taken(search, parameter, clinic):
    schema = parameter.type
    offered = schema.get("enum") or schema.get("items", {}).get("enum") or []
    bounds = [schema[key] for key in ("minimum", "maximum", "default") if key in schema]
    for value in [*offered, *bounds]:
        params = {parameter.name: value if isinstance(value, str) else json.dumps(value), "near": "39.7,-105"}
        if (parameter.name, value) == ("page", 10_000):
            params["page_size"] = "1"
        assert search(**params).status_code == 200, value


def test_every_example_is_of_the_shape_it_stands_for(told, holds_to):
    shown = 0
    for operation in operations(told):
        for response in operation["responses"].values():
            for content in response.get("content", {}).values():
                name = content["schema"]["$ref"].rsplit("/", 1)[1]
                for example in content["examples"].values():
                    holds_to(name, example["value"])
                    shown += 1
    assert shown >= 10


def test_its_examples_are_plainly_made_up(told):
    text = json.dumps(told)
    assert "+13035550142" in text
    hosts = {urlsplit(word).hostname for word in text.replace('"', " ").split() if "://" in word}
    assert hosts - {urlsplit(told["servers"][0]["url"]).hostname} <= {"cairn.example", "ridge.example"}


def test_every_error_it_names_is_a_problem_we_have(told):
    known = {str(problem.status) for problem in problems.PROBLEMS}
    for operation in operations(told):
        assert {status for status in operation["responses"] if status >= "400"} <= known


def test_it_is_served_as_it_is(client, db, told):
    response = client.get("/api/v1/openapi.json")
    assert response["Content-Type"] == "application/json"
    assert response.json() == json.loads(json.dumps(told))
    assert set(response.json()["components"]["schemas"]) == {*shapes.SHAPES, *mine_shapes.SHAPES}
