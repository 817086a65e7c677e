"""The staff's list of candidates: found by state, source and name, added by hand or from a file, or merged."""

import os
import time
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test.utils import CaptureQueriesContext

from directory.intake import candidates
from directory.intake import spreadsheet as clinic_csv
from directory.models import Case, Clinic
from tests import build
from tests.a_candidate import CELLS, another, cells, file, values
from tests.portal.reading_pages import main, text, title

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]

LIST = "/staff/candidates/"
NEW = "/staff/candidates/new/"
FILE = "/staff/candidates/file/"


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.DATA_DIR = tmp_path


@pytest.fixture
def signed_in(client, staff):
    client.force_login(staff)
    return client


@pytest.fixture
def add(staff):
    """Add a candidate as staff would."""

    def added(origin=Clinic.Origin.IMPORT, **overrides) -> Clinic:
        return candidates.add(by=staff, values=values(**overrides), origin=origin)

    return added


def typed(**overrides: str) -> dict[str, object]:
    """What somebody types into the form."""
    return {**CELLS, "modalities": ["esketamine", "iv"], **overrides}


def send(client, data: bytes, name: str = "clinics.csv"):
    return client.post(FILE, {"file": SimpleUploadedFile(name, data, "text/csv")})


# --- the list ----------------------------------------------------------------------------------


def test_it_names_each_candidate_where_it_is_and_from_whom_we_heard(signed_in, add):
    add(name="Maple Example", city="Boulder", zip="80301")
    page = main(signed_in.get(LIST))
    assert "Maple Example" in page
    assert "Boulder, CO" in page
    assert "A file" in page


def test_listed_and_merged_clinics_are_not_in_it(signed_in, add, clinic, staff):
    double = add(name="Maple Example")
    candidates.merge(candidate=double, into=clinic, by=staff)
    assert "No candidates wait." in main(signed_in.get(LIST))


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("state=CO", {"Maple", "Willow"}),
        ("state=WY", {"Cedar"}),
        ("origin=nppes", {"Willow"}),
        ("q=map", {"Maple"}),
        ("q=MAPLE&state=WY", set()),
        ("state=ZZ", {"Maple", "Willow", "Cedar"}),
        ("q=%27%25_%3Cb%3E", set()),
        ("page=99", {"Maple", "Willow", "Cedar"}),
        ("page=x", {"Maple", "Willow", "Cedar"}),
    ],
)
def test_it_is_filtered_by_state_source_and_name(signed_in, add, query, shown):
    add(name="Maple")
    add(name="Willow", origin=Clinic.Origin.NPPES)
    add(name="Cedar", state="WY", zip="82001")
    answer = signed_in.get(f"{LIST}?{query}")
    assert answer.status_code == 200
    assert {name for name in ("Maple", "Willow", "Cedar") if name in main(answer)} == shown


def test_twenty_stand_on_a_page_and_filters_stay_on_the_next(signed_in, staff):
    wanted = [values(name=f"Site {number}", line1=f"{number} A") for number in range(21)]
    candidates.add_each(by=staff, wanted=wanted, origin=Clinic.Origin.IMPORT)
    answer = signed_in.get(f"{LIST}?state=CO")
    assert "21 candidates" in main(answer)
    assert "state=CO&amp;page=2" in answer.content.decode()
    assert main(signed_in.get(f"{LIST}?state=CO&page=2")).count("Site") == 2  # its name, and in "Case of ..."


def test_it_says_what_is_held_and_what_may_be_known(signed_in, add):
    build.clinic(phone="+13035550142")
    add(name="Juniper \u202ecinilC")
    page = main(signed_in.get(LIST))
    assert "Held" in page
    assert "May be one we have" in page


@pytest.mark.parametrize("rows", [1, 3])
def test_it_takes_the_same_statements_for_one_row_and_for_three(signed_in, add, rows):
    signed_in.get(LIST)
    for number in range(3):
        add(name=f"Site {number}", line1=f"{number} A", zip=f"8020{number + 1}")
    one = Clinic.objects.order_by("-pk").first()
    with CaptureQueriesContext(
        connection,
    ) as three:
        signed_in.get(LIST)
    Clinic.objects.exclude(pk=one.pk).delete()
    with CaptureQueriesContext(connection) as single:
        signed_in.get(LIST)
    assert len(three) == len(single)


def test_markup_and_formulas_are_inert_on_every_page(signed_in, add):
    odd = '<script>alert("=1+1")</script>'
    clinic = add(name=odd, organization_name=odd, line1=odd)
    for address in (LIST, f"{LIST}{clinic.slug}/"):
        page = signed_in.get(address).content.decode()
        assert odd not in page
        assert "&lt;script&gt;" in page


def test_nobody_else_sees_any_of_it(client, add, owner):
    clinic = add()
    client.force_login(owner)
    for address in (LIST, NEW, FILE, f"{LIST}template.csv", f"{LIST}{clinic.slug}/"):
        assert client.get(address).status_code == 403


# --- by hand -----------------------------------------------------------------------------------


def test_one_is_added_by_hand(signed_in):
    answer = signed_in.post(NEW, typed(), follow=True)
    clinic = candidates.waiting().get()
    assert answer.redirect_chain == [(f"{LIST}{clinic.slug}/", 302)]
    assert clinic.origin == Clinic.Origin.STAFF
    assert "Ada Example, MD" in main(answer)
    assert "Nothing is shown to anybody until it was checked." in main(answer)


def test_what_is_wrong_is_said_in_one_list_and_beside_each_field(signed_in):
    answer = signed_in.post(NEW, typed(zip="8020", phone="", clinic_name="Kept Name"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert title(answer).startswith("Error:")
    assert 'href="#id_zip"' in page
    assert page.count("Enter a ZIP code of five digits") == 2
    assert 'value="Kept Name"' in page
    assert not candidates.waiting().exists()


def test_a_clinic_that_we_have_is_not_added_again(signed_in, add):
    add(organization_npi=CELLS["organization_npi"], line2="Suite 4")
    answer = signed_in.post(NEW, typed())
    assert answer.status_code == 422
    assert "We have this clinic already" in text(answer)
    assert candidates.waiting().count() == 1


# --- from a file -------------------------------------------------------------------------------


def test_the_template_is_a_file_that_spreadsheets_open(signed_in):
    answer = signed_in.get(f"{LIST}template.csv")
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert "attachment" in answer["Content-Disposition"]
    assert answer.content == b"\xef\xbb\xbf" + clinic_csv.template().encode()


def test_a_file_is_looked_at_first_and_added_after_a_yes(signed_in, tmp_path):
    build.clinic(name="Listed One", phone="+13035550142")
    looked = send(signed_in, file(cells(), another(), another()))
    page = signed_in.get(looked["Location"])
    assert "3, of which 1 may be a clinic we have" in main(page)
    assert "Listed One" in main(page)
    assert not candidates.waiting().exists()

    done = signed_in.post(looked["Location"], follow=True)
    assert "3 added, 0 known already." in main(done)
    assert candidates.waiting().count() == 3
    assert not list((tmp_path / "clinic-files").iterdir())


def test_a_second_yes_adds_nothing(signed_in):
    looked = send(signed_in, file(cells()))["Location"]
    signed_in.post(looked)
    assert "dealt with" in main(signed_in.post(looked, follow=True))
    assert candidates.waiting().count() == 1


def test_bad_rows_are_named_and_left_out_only_by_a_button_that_says_so(signed_in):
    looked = send(signed_in, file(cells(), another(zip="x"), another(state="<b>ZZ</b>")))["Location"]
    page = signed_in.get(looked)
    assert "Line 3 zip Enter a ZIP code of five digits" in main(page).replace("  ", " ")
    assert "Leave 2 bad rows out and add 1" in main(page)
    assert "ZZ" not in main(page)

    assert signed_in.post(looked).status_code == 422
    assert not candidates.waiting().exists()
    signed_in.post(looked, {"partial": "yes"})
    assert candidates.waiting().count() == 1


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "The file is empty"),
        (b"PK\x03\x04", "Excel workbook"),
        (b"<html>", "web page"),
        (b"a,b\r\n1,2", "must name these columns"),
        (b"x" * (2 * 2**20 + 1), "at most 2 MB"),
        (",".join(CELLS).encode() + b"\r\n" + b"x\r\n" * 1001, "more than 1,000 rows"),
    ],
)
def test_what_is_no_table_is_said_beside_the_field(signed_in, tmp_path, data, said):
    answer = send(signed_in, data)
    assert answer.status_code == 422
    assert said in main(answer)
    assert not (tmp_path / "clinic-files").exists()


def test_a_form_without_a_file_says_so(signed_in):
    assert "Choose a file" in main(signed_in.post(FILE))
    assert signed_in.post(FILE, {"file": "text"}).status_code == 422


@pytest.mark.parametrize("name", ["../../etc/passwd", "a\r\nb.csv", "x" * 300, "<b>.csv"])
def test_the_name_of_the_file_means_nothing(signed_in, tmp_path, name):
    looked = send(signed_in, file(cells()), name)
    assert looked.status_code == 302
    kept = list((tmp_path / "clinic-files").iterdir())
    assert len(kept) == 1
    assert kept[0].stat().st_mode & 0o077 == 0
    assert name not in signed_in.get(looked["Location"]).content.decode()


def test_nobody_finds_the_file_of_another_nor_any_other_file(signed_in, verifier, client):
    looked = send(signed_in, file(cells()))["Location"]
    client.force_login(verifier)
    assert client.get(looked).status_code == 404
    for key in ("0" * 32, "x", "..", "-"):
        assert client.get(f"{FILE}{key}/").status_code == 404


def test_files_that_nobody_said_yes_to_go_after_a_day(signed_in, tmp_path):
    looked = send(signed_in, file(cells()))["Location"]
    (old,) = (tmp_path / "clinic-files").iterdir()
    yesterday = time.time() - 25 * 3600
    os.utime(old, (yesterday, yesterday))
    send(signed_in, file(cells()))
    assert not old.exists()
    assert signed_in.get(looked).status_code == 404


# --- side by side ------------------------------------------------------------------------------


def test_a_candidate_stands_beside_the_clinics_it_may_be(signed_in, add):
    known = build.clinic(name="Listed One", phone="+13035550142")
    clinic = add(name="Juniper Example")
    page = main(signed_in.get(f"{LIST}{clinic.slug}/"))
    assert "They have the same phone number." in page
    assert "differs" in page
    assert known.line1 in page
    assert "This is the same clinic" in page


def test_one_with_no_like_says_so(signed_in, add):
    clinic = add()
    assert "We found none like it." in main(signed_in.get(f"{LIST}{clinic.slug}/"))


def test_it_is_merged_by_one_button(signed_in, add):
    known = build.clinic(name="Listed One", phone="+13035550142")
    clinic = add()
    done = signed_in.post(f"{LIST}{clinic.slug}/merge/", {"into": known.slug}, follow=True)
    assert "is the clinic we had" in main(done)
    assert "No candidates wait." in main(done)
    assert not Case.objects.open().exists()
    assert signed_in.get(f"{LIST}{clinic.slug}/").status_code == 404


def test_a_merge_that_cannot_be_is_said_and_changes_nothing(signed_in, add):
    clinic = add()
    answer = signed_in.post(f"{LIST}{clinic.slug}/merge/", {"into": clinic.slug}, follow=True)
    assert "Nothing was changed." in main(answer)
    for into in ("", "no-such-clinic", "x\0y"):
        assert signed_in.post(f"{LIST}{clinic.slug}/merge/", {"into": into}).status_code in {400, 404}


@pytest.mark.parametrize("clinics", [1, 3])
def test_a_candidate_takes_the_same_statements_beside_one_and_beside_three(
    signed_in, add, clinics, django_assert_max_num_queries
):
    build.many([{"phone": "+13035550142", "line1": f"{number} D"} for number in range(clinics)])
    clinic = add()
    with django_assert_max_num_queries(14):
        signed_in.get(f"{LIST}{clinic.slug}/")


def test_the_folder_of_kept_files_is_the_sites_alone(signed_in, tmp_path):
    send(signed_in, file(cells()))
    assert Path(tmp_path / "clinic-files").stat().st_mode & 0o077 == 0
