"""A clinic's own page in every state of its listing and of its facts."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client

from directory.models import Clinic, Offering
from directory.vocabulary import Fact, Modality
from guide import routes
from outbox import clock
from tests import build

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def words(address: str, status: int = 200) -> str:
    response = Client().get(address)
    assert response.status_code == status
    text = re.sub(r"<(title|svg)\b.*?</\1>", " ", response.content.decode(), flags=re.DOTALL)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", text)).split())


def profile(clinic, status: int = 200) -> str:
    return words(f"/clinic/{clinic.slug}/", status)


def checks(clinic, status: int = 200) -> str:
    return words(f"/clinic/{clinic.slug}/checks/", status)


def test_it_stands_alone_with_name_address_phone_and_the_way_to_ask(clinic):
    text = profile(clinic)
    assert "High Plains Example Clinic" in text
    assert f"{clinic.line1}, Denver, CO 80202" in text
    assert "Phone: 303-555-0101" in text
    assert "Ask for an appointment" in text


def test_every_checked_fact_has_its_source_and_its_date(clinic):
    text = profile(clinic)
    day = f"{clock.now() - timedelta(days=10):%b} {(clock.now() - timedelta(days=10)).day}"
    assert f"State license Checked {day}" in text
    for check in clinic.checks.all():
        assert check.source in text
    assert "DEA registration Clinic says," in text
    assert "What this does not tell you" in text


def test_every_treatment_carries_the_one_fixed_line_about_the_fda():
    clinic = build.clinic(modalities=tuple(Modality.values))
    text = profile(clinic)
    for route in routes.ROUTES.values():
        assert route.standing in text
        assert route.source.name in text


def test_every_modality_has_a_route():
    assert set(routes.ROUTES) == set(Modality.values)


def test_an_unclaimed_clinic_says_so_and_cannot_be_asked():
    text = profile(build.clinic(claimed=False))
    assert "This clinic has not joined." in text
    assert "Ask for an appointment" not in text


def test_an_unclaimed_clinic_can_be_claimed_or_removed(clinic):
    assert "Is this your clinic? Claim it or have it removed" in profile(build.clinic(claimed=False))
    assert "Is this your clinic?" not in profile(clinic)


def test_a_paused_clinic_says_until_when():
    clinic = build.clinic(paused_until=clock.now() + timedelta(days=20))
    text = profile(clinic)
    assert "Takes no requests until" in text
    assert "Ask for an appointment" not in text


def test_a_check_that_grew_old_says_so_and_the_clinic_can_still_be_asked():
    clinic = build.clinic(modalities=("iv",), checked_at=clock.now() - timedelta(days=45))
    text = profile(clinic)
    assert "Check due. Last checked" in text
    assert "Ask for an appointment" in text


def test_esketamine_that_is_not_current_is_said_and_the_rest_stays():
    clinic = build.clinic(modalities=("esketamine", "iv"), fails=(Fact.REMS,))
    text = profile(clinic)
    assert "Not current, by" in text
    assert "We do not list it for this treatment now." in text
    assert "IV infusion" in text
    assert "Ask for an appointment" in text


def test_what_the_clinic_writes_is_labelled_as_its_own_and_is_never_markup():
    clinic = build.clinic(cost="<b>Free</b> today", first_visit="A call.\nThen an exam.")
    response = Client().get(f"/clinic/{clinic.slug}/")
    html = response.content.decode()
    assert "&lt;b&gt;Free&lt;/b&gt; today" in html
    assert "A call.<br>Then an exam." in html
    assert "We have not checked any of this." in html


def test_the_checks_page_counts_what_is_current_and_lets_anybody_look_it_up(clinic):
    text = checks(clinic)
    assert "5 of 5 required checks are current." in text
    assert "Look it up yourself" in text
    assert "how good the care is" in text
    build.check(clinic, Fact.CONTACT, checked_at=clock.now() - timedelta(days=100))
    assert "4 of 5 required checks are current." in checks(clinic)
    assert "Check due" in checks(clinic)


def test_a_candidate_is_not_there():
    clinic = build.clinic(listed=False)
    profile(clinic, status=404)
    checks(clinic, status=404)


@pytest.mark.parametrize(
    ("wish", "reason"),
    [
        (
            {"status": Clinic.Status.SUSPENDED, "status_reason": "under-review"},
            "We are looking into something",
        ),
        ({"status": Clinic.Status.CLOSED, "status_reason": "moved"}, "The clinic moved"),
        ({"license_ends": "yesterday"}, "Some facts that we need to see are not up to date"),
    ],
)
def test_a_clinic_that_is_no_longer_listed_says_so_and_shows_the_nearest_three(wish, reason):
    if "license_ends" in wish:
        wish = {"license_ends": clock.now() - timedelta(days=1)}
    gone = build.clinic(name="Gone Example Clinic", **wish)
    build.many([{"name": f"Other {number}", "at": (39.8 + number / 100, -105.0)} for number in range(4)])
    for read in (profile, checks):
        text = read(gone, status=410)
        assert "This clinic is no longer listed" in text
        assert reason in text
        assert "The nearest 3 1 Other 0" in text
        assert "license" not in text.split("The nearest 3")[0].lower()


def test_a_lapse_ends_the_page_at_its_instant_with_nobody_writing():
    noon = clock.now().replace(microsecond=0) + timedelta(hours=1)
    clinic = build.clinic(modalities=("iv",), license_ends=noon)
    with clock.frozen(noon - timedelta(milliseconds=1)):
        profile(clinic)
    with clock.frozen(noon):
        profile(clinic, status=410)


def test_pages_may_be_kept_but_never_used_without_asking(clinic):
    client = Client()
    first = client.get(f"/clinic/{clinic.slug}/")
    assert first["Cache-Control"] == "no-cache"
    again = client.get(f"/clinic/{clinic.slug}/", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    assert not first.cookies


def test_no_page_puts_a_word_of_praise_on_a_clinic(clinic):
    for address in (f"/clinic/{clinic.slug}/", f"/clinic/{clinic.slug}/checks/", "/", "/about/checks/"):
        text = words(address).lower()
        assert not re.search(r"verified|trusted|certified|(?<!fda-)\bapproved", text), address


def test_it_asks_as_much_of_the_database_for_three_treatments_and_people_as_for_one(
    django_assert_max_num_queries,
):
    small, large = build.clinic(modalities=("iv",)), build.clinic(modalities=("iv",))
    for modality in ("im", "sc"):
        Offering.objects.create(clinic=large, modality=modality)
    for clinic in (small, large, large):
        person = build.practitioner()
        build.license(person)
        clinic.practitioners.add(person)
    Client().get("/crisis/")  # the banner is asked for once a minute
    for suffix in ("", "checks/"):
        counts = []
        for clinic in (small, large):
            with django_assert_max_num_queries(16) as asked:
                Client().get(f"/clinic/{clinic.slug}/{suffix}")
            counts.append(len(asked))
        assert counts[0] == counts[1]
