"""The same results as GeoJSON (RFC 7946)."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests import build


def test_it_is_the_same_page_as_features(search, db, holds_to):
    build.many([{"at": (39.9, -105.1)}, {"at": (52.9, 173.1), "state": "AK"}])
    plain = search(near="39.7,-105").json()
    response = search(near="39.7,-105", format="geojson")
    body = response.json()
    assert response["Content-Type"] == "application/geo+json"
    assert body["type"] == "FeatureCollection"
    assert [body[key] for key in ("count", "place")] == [plain["count"], plain["place"]]
    assert [feature["id"] for feature in body["features"]] == [hit["id"] for hit in plain["results"]]
    holds_to("ClinicFeatureCollection", body)


def test_a_feature_puts_longitude_first_and_keeps_the_rest_of_the_clinic(search, clinic):
    [told] = search().json()["results"]
    [feature] = search(format="geojson").json()["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [-104.9903, 39.7392]}
    assert feature["properties"] == {key: told[key] for key in told if key not in ("id", "location")}


def test_its_next_page_is_geojson_too(search, db):
    build.many([{}, {}])
    following = search(format="geojson", page_size="1").json()["next"]
    assert parse_qs(urlsplit(following).query) == {"format": ["geojson"], "page_size": ["1"], "page": ["2"]}


def test_the_accept_header_asks_for_it_as_well(client, clinic):
    response = client.get("/api/v1/clinics/", headers={"accept": "application/geo+json"})
    assert response["Content-Type"] == "application/geo+json"
    assert "Accept" in response["Vary"]


def test_format_is_stronger_than_accept(client, clinic):
    response = client.get("/api/v1/clinics/?format=json", headers={"accept": "application/geo+json"})
    assert response["Content-Type"] == "application/json"


@pytest.mark.parametrize("asked", ["xml", "", "GEOJSON", ["json", "geojson"]])
def test_any_other_format_is_refused(search, asked):
    response = search(format=asked)
    assert response.status_code == 400
    assert [error["name"] for error in response.json()["errors"]] == ["format"]
