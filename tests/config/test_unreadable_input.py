"""Text that no database column can hold is refused before anything reaches a database."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client, RequestFactory

from config.wsgi import application

# NUL; bytes that are no UTF-8; half a surrogate pair as CESU-8 writes it; an overlong slash.
UNREADABLE = [b"%00", b"a%00b", b"%ff", b"%c3%28", b"%ed%a0%80", b"%c0%af"]
READABLE = ["", "plain", "O'Brien", "Nuñez", "李", "🙂", "%", "100%25", "\u200d\u202e", "a" * 4000]


@pytest.fixture
def client(trouble):
    return trouble


@pytest.mark.parametrize("raw", UNREADABLE)
@pytest.mark.parametrize("name", [b"q=", b""])
def test_it_refuses_an_unreadable_query(client, raw, name):
    response = client.get("/trouble/form/", QUERY_STRING=(name + raw).decode())
    assert response.status_code == 400


@pytest.mark.parametrize("raw", UNREADABLE)
def test_it_knows_no_unreadable_path(client, raw):
    """NUL is refused; other bytes stay percent-encoded, and there is no such page."""
    expected = 400 if b"%00" in raw else 404
    assert client.get(f"/nothing-here/{raw.decode()}/").status_code == expected


@pytest.mark.parametrize("raw", UNREADABLE)
def test_it_refuses_an_unreadable_form(client, raw):
    form = "application/x-www-form-urlencoded"
    assert client.post("/trouble/form/", b"note=" + raw, content_type=form).status_code == 400
    assert client.post("/trouble/form/", raw + b"=note", content_type=form).status_code == 400


@pytest.mark.parametrize("raw", [b"a\0b", b"\xff", b"\xed\xa0\x80"])
def test_it_refuses_an_unreadable_part(client, raw):
    body = b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\n' + raw + b"\r\n--x--\r\n"
    response = client.post("/trouble/form/", body, content_type="multipart/form-data; boundary=x")
    assert response.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        rb'{"note": "\u0000"}',
        rb'{"note": "\ud800"}',
        rb'{"note": "\uDFFF"}',
        rb'{"note": "\\\u0000"}',
        rb'{"note": "\ude00\ud83d"}',
        rb'{"note": "\ud83d\u0041"}',
        b'{"note": "\xff"}',
        b'{"note": "\0"}',
    ],
)
def test_it_refuses_unreadable_json(client, body):
    assert client.post("/trouble/form/", body, content_type="application/json").status_code == 400


@pytest.mark.parametrize("text", [*READABLE, r"\u0000", r"\ud800"])
def test_it_takes_readable_json(client, text):
    for body in (json.dumps({"note": text}), json.dumps({"note": text}, ensure_ascii=False)):
        answer = client.post("/trouble/form/", body.encode(), content_type="application/json")
        assert answer.status_code == 200


@pytest.mark.parametrize("text", READABLE)
def test_it_takes_readable_text(client, text):
    assert client.get("/trouble/form/", {"q": text}).status_code == 200
    assert client.post("/trouble/form/", {"note": text}).content.decode() == text  # multipart
    urlencoded = client.post("/trouble/form/", {"note": text}, QUERY_STRING="", follow=False)
    assert urlencoded.status_code == 200


@pytest.mark.django_db
@pytest.mark.parametrize("charset", ["utf-16", "utf-7", "hex", "rot13", "cp037", "nonsense-1"])
def test_it_reads_no_other_charset(charset, trouble):
    """`hex` is a codec to Python: Django fails on it before any middleware runs, so ask as the server does."""
    asked = RequestFactory().generic("POST", "/trouble/form/?q=text", b"note=text")
    asked.environ["CONTENT_TYPE"] = f"application/x-www-form-urlencoded; charset={charset}"
    statuses = []
    application(asked.environ, lambda status, headers: statuses.append(status))
    assert statuses == ["400 Bad Request"]


def test_it_refuses_a_cookie_with_a_hidden_nul(client):
    client.cookies.load({"sid": "x"})
    response = client.get("/trouble/form/", headers={"Cookie": 'sid="aaaaaaaaaaaa\\000"'})
    assert response.status_code == 400


def test_it_answers_413_to_a_body_that_is_too_large(client, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    form = "application/x-www-form-urlencoded"
    response = client.post("/trouble/form/", b"note=" + b"a" * 2000, content_type=form)
    assert response.status_code == 413


def test_it_answers_400_to_too_many_fields(client, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 10
    form = "application/x-www-form-urlencoded"
    assert client.post("/trouble/form/", b"a=1&" * 20, content_type=form).status_code == 400


def test_it_answers_400_to_a_form_that_stops_in_the_middle(client):
    body = b'--x\r\nContent-Disposition: form-data; name="note"\r\n\r\nhal'
    response = client.post("/trouble/form/", body, content_type="multipart/form-data; boundary=x")
    assert response.status_code in {200, 400}


def test_it_repeats_nothing_of_what_it_refuses(client):
    response = client.get("/trouble/form/?q=secret-word%00")
    assert b"secret-word" not in response.content


def test_it_answers_a_machine_with_a_problem():
    response = Client().get("/api/v1/clinics/?q=%00")
    assert response.status_code == 400
    assert response["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", ["/nothing/", "/accounts/login/", "/api/v1/clinics/", "/near-me/"])
def test_a_large_file_is_refused_before_a_byte_of_it_is_kept(client, settings, tmp_path, address):
    settings.FILE_UPLOAD_TEMP_DIR = str(tmp_path)
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    settings.FILE_UPLOAD_MAX_MEMORY_SIZE = 10
    file = SimpleUploadedFile("scan.pdf", b"x" * 2000)
    assert client.post(address, {"file": file}).status_code == 413
    assert list(tmp_path.iterdir()) == []
