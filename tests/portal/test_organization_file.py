"""The pages of the table of sites: out after a fresh proof, in again, a preview for 12 hours, all or nothing."""

import csv
import io
import os
import time
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.models import AuditEvent
from directory import listings
from directory.models import Clinic, ProposedChange
from tests import build
from tests.portal import a_chain
from tests.portal.reading_pages import main, text
from tests.portal.test_organization import hidden, page

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]
FOLDER = "site-files"


@pytest.fixture
def chain(db):
    return a_chain.build(sites=3, staff=2)


@pytest.fixture
def manager(client, chain, settings, tmp_path):
    settings.DATA_DIR = tmp_path
    client.force_login(chain[1])
    return client


@pytest.fixture
def fresh(manager, monkeypatch):
    """The manager, who has just proven who they are."""
    monkeypatch.setattr("accounts.step_up.is_fresh", lambda request: True)
    return manager


def file(*rows: dict[str, str]) -> SimpleUploadedFile:
    stream = io.StringIO(newline="")
    writer = csv.DictWriter(stream, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return SimpleUploadedFile("sites.csv", stream.getvalue().encode())


def sent(client, chain, *rows):
    return client.post(page(chain, "file/"), {"file": file(*rows)})


def test_the_table_is_given_out_after_a_fresh_proof_and_on_record(fresh, chain):
    answer = fresh.get(page(chain, "file/sites.csv"))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="sites.csv"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer.content.count(b"Chain Site") == 3
    assert AuditEvent.objects.filter(action="organization.exported").count() == 1


def test_without_a_fresh_proof_it_asks_for_one(manager, chain, monkeypatch):
    monkeypatch.setattr("accounts.step_up.is_fresh", lambda request: False)
    answer = manager.get(page(chain, "file/sites.csv"))
    assert answer.status_code == 302
    assert "reauthenticate" in answer.url
    assert not AuditEvent.objects.filter(action="organization.exported").exists()


def test_an_empty_file_shows_every_column(fresh, chain):
    answer = fresh.get(page(chain, "file/sites.csv?empty=1"))
    assert b"opening_hours" in answer.content
    assert b"Chain Site" not in answer.content


def test_what_comes_back_unchanged_would_change_nothing(fresh, chain):
    data = fresh.get(page(chain, "file/sites.csv")).content
    answer = fresh.post(page(chain, "file/"), {"file": SimpleUploadedFile("sites.csv", data)}, follow=True)
    assert "Nothing would change: the sites have these values already." in text(answer)
    assert "Change 0" not in text(answer)


def test_the_proof_is_asked_of_those_alone_who_may_read_it(client, chain, stranger):
    client.force_login(stranger)
    assert client.get(page(chain, "file/sites.csv")).status_code == 404


def test_a_changed_table_is_previewed_and_then_carried_out(manager, chain):
    _, _, (first, second, _) = chain
    rows = [
        {"site": first.slug, "cost": "=cmd()", "phone": "303-555-0199"},
        {"site": second.slug, "cost": "Ask &more.", "phone": "303-555-0101"},
    ]
    preview = manager.get(sent(manager, chain, *rows).url)
    assert "2 sites would change, of 2 rows in the file. At 1 a person looks first" in main(preview)
    assert "Cost nothing =cmd()" in main(preview)
    assert "Phone A person looks first 303-555-0101 303-555-0199" in main(preview)
    assert "Ask &amp;more." in preview.content.decode()
    assert set(Clinic.objects.values_list("cost", flat=True)) == {""}

    answer = manager.post(preview.request["PATH_INFO"], hidden(preview), follow=True)

    assert "Changed at 2 sites. At 1 site a person looks at it first" in text(answer)
    assert set(Clinic.objects.values_list("cost", flat=True)) == {"=cmd()", "Ask &more.", ""}
    assert ProposedChange.objects.get().values["phone"] == "+13035550199"
    assert not list((Path(settings.DATA_DIR) / FOLDER).iterdir())
    again = manager.post(preview.request["PATH_INFO"], hidden(preview), follow=True)
    assert "That file has been dealt with" in text(again)


def test_bad_rows_are_named_and_nothing_can_be_saved(manager, chain):
    rows = [
        {"site": chain[2][0].slug, "cost": "Ask.", "price_low": "5"},
        {"site": chain[2][1].slug, "cost": "Ask.", "price_low": "secret"},
    ]
    preview = manager.get(sent(manager, chain, *rows).url)
    assert "1 thing in the file cannot be taken, so nothing can be saved." in main(preview)
    assert "Line 3 price_low Enter whole dollars" in main(preview)
    assert "secret" not in main(preview)
    assert 'name="seen"' not in preview.content.decode()
    assert manager.post(preview.request["PATH_INFO"], {"seen": "x"}).status_code == 422
    assert set(Clinic.objects.values_list("cost", flat=True)) == {""}


def test_a_site_changed_since_is_shown_again(manager, chain):
    preview = manager.get(sent(manager, chain, {"site": chain[2][0].slug, "cost": "From $300."}).url)
    listings.edit(clinic=chain[2][0], by=chain[1], cost="Newer.")
    answer = manager.post(preview.request["PATH_INFO"], hidden(preview))
    assert answer.status_code == 409
    assert "Somebody changed a site after you looked." in text(answer)
    assert "Cost Newer. From $300." in main(answer)
    assert Clinic.objects.filter(cost="Newer.").exists()


def test_a_kept_file_is_for_its_sender_and_its_practice_alone(manager, chain):
    where = sent(manager, chain, {"site": chain[2][0].slug, "cost": "Ask."}).url
    other = Client()
    other.force_login(build.member(chain[0]))
    assert other.get(where).status_code == 404
    second = build.organization()
    build.membership(chain[1], second)
    assert manager.get(where.replace(f"/{chain[0].pk}/", f"/{second.pk}/", 1)).status_code == 404


def test_a_preview_ends_after_12_hours(manager, chain):
    where = sent(manager, chain, {"site": chain[2][0].slug, "cost": "Ask."}).url
    (kept,) = (Path(settings.DATA_DIR) / FOLDER).iterdir()
    os.utime(kept, times=(time.time() - 12 * 3600 - 1,) * 2)
    assert manager.get(where).status_code == 404
    assert "12 hours have passed" in text(manager.post(where, {"seen": "x"}, follow=True))
    sent(manager, chain, {"site": chain[2][0].slug, "cost": "Ask."})
    assert not kept.exists()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "Choose a file"),
        (b"", "The file is empty"),
        (b"PK\x03\x04", "ZIP file"),
        (b"site,colour\na,b\n", "(colour) is not known"),
        (b"site\n" + b"a\n" * 2001, "more than 2,000 rows"),
        (b"site\n" + b"a" * (5 * 2**20), "at most 5 MB"),
    ],
)
def test_what_is_no_such_table_is_refused_with_its_reason(manager, chain, data, said):
    given = {} if data is None else {"file": SimpleUploadedFile("sites.csv", data)}
    answer = manager.post(page(chain, "file/"), given)
    assert answer.status_code == 422
    assert said in text(answer)


def test_a_body_beyond_that_is_not_read_at_all(manager, chain):
    large = SimpleUploadedFile("sites.csv", b"a" * (7 * 2**20))
    browser = Client(raise_request_exception=False)
    browser.cookies = manager.cookies
    assert browser.post(page(chain, "file/"), {"file": large}).status_code in (400, 413)
    nobody = Client(raise_request_exception=False)
    nobody.force_login(build.user())
    smaller = SimpleUploadedFile("sites.csv", b"a" * (2 * 2**20))
    assert nobody.post(page(chain, "file/"), {"file": smaller}).status_code in (400, 413)
