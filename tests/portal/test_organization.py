"""The pages for managers of several sites: the list, what sites share, a pause, an end."""

import re
from datetime import timedelta

import pytest

from accounts.models import Membership
from directory.models import Clinic, ListingClaim, ListingEdit, SiteMembership
from outbox import clock
from tests import build, build_referrals
from tests.portal import a_chain
from tests.portal.reading_pages import main, text

pytestmark = pytest.mark.django_db


@pytest.fixture
def chain(db):
    return a_chain.build(sites=3, staff=6)


@pytest.fixture
def manager(client, chain):
    client.force_login(chain[1])
    return client


def page(chain, what="") -> str:
    return f"/manage/organization/{chain[0].pk}/{what}"


def slugs(clinics) -> dict[str, list[str]]:
    return {"site": [clinic.slug for clinic in clinics]}


def hidden(response) -> dict[str, list[str]]:
    """What the first form of a page would post, but for its token."""
    shown = response.content.decode().split("<main")[1]
    form = re.search(r'<form[^>]*method="post".*?</form>', shown, re.DOTALL)
    found = re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', form.group())
    names = {name for name, _ in found if name != "csrfmiddlewaretoken"}
    seen = re.search(r'name="seen" value="(\w+)"', form.group())
    posted = {name: [value for each, value in found if each == name] for name in names}
    return posted | ({"seen": [seen.group(1)]} if seen else {})


# --- the list ------------------------------------------------------------------------------------


def test_one_practice_leads_straight_on_and_several_are_a_choice(client, chain):
    organization, person, _ = chain
    client.force_login(person)
    assert client.get("/manage/organization/").url == page(chain)
    build.membership(person, build.organization(name="Second Practice"))
    shown = text(client.get("/manage/organization/"))
    assert organization.name in shown
    assert "Second Practice" in shown


def test_who_manages_nothing_is_told_so(client, chain):
    client.force_login(build.member(chain[0], role=Membership.Role.STAFF))
    assert "You do not manage a practice here yet." in text(client.get("/manage/organization/"))


def test_each_site_says_what_it_waits_for(manager, chain):
    _, _, (first, second, third) = chain
    build_referrals.referral(first)
    Clinic.objects.filter(pk=second.pk).update(
        paused_until=clock.now() + timedelta(days=9), attested_at=clock.now() - timedelta(days=85)
    )
    ListingClaim.objects.filter(clinic=third).delete()
    shown = main(manager.get(page(chain)))
    assert "3 sites, by name." in shown
    assert "Paused until" in shown
    assert "Not claimed" in shown
    assert re.search(r"Chain Site 01 .*? 1 Invite", shown)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=boulder", ["02"]),
        ("q=site+03", ["03"]),
        ("q=WY", ["03"]),
        ("q=80202", ["01"]),
        ("state=paused", ["02"]),
        ("state=due", ["03"]),
        ("state=shown", ["02", "03"]),
        ("state=hidden", ["01"]),
        ("state=closed", []),
        ("state=nonsense", ["01", "02", "03"]),
        ("q=%25", []),
    ],
)
def test_the_list_can_be_searched_and_narrowed(manager, chain, query, names):
    _, _, (first, second, third) = chain
    build.check(first, "contact", outcome="fails")
    Clinic.objects.filter(pk=second.pk).update(paused_until=clock.now() + timedelta(days=9))
    Clinic.objects.filter(pk=third.pk).update(attested_at=clock.now() - timedelta(days=80))
    shown = main(manager.get(f"{page(chain)}?{query}"))
    assert sorted(set(re.findall(r"Chain Site (\d\d)", shown))) == names


def test_it_has_pages_of_twenty(client, db):
    chain = a_chain.build(sites=23, staff=0)
    client.force_login(chain[1])
    shown = client.get(page(chain)).content.decode()
    assert shown.count('name="site"') == 20
    assert client.get(page(chain) + "?page=2").content.decode().count('name="site"') == 3


@pytest.mark.parametrize("what", ["", "shared/", "pause/", "close/", "file/", "file/sites.csv"])
def test_only_its_managers_see_it(client, chain, stranger, staff, what):
    for person, status in (
        (build.member(chain[0], role=Membership.Role.STAFF), 403),
        (stranger, 404),
        (staff, 404),
    ):
        client.force_login(person)
        answer = client.get(page(chain, what))
        assert answer.status_code == status
        if status == 404:
            absent = client.get(f"/manage/organization/999999/{what}")
            assert (absent.status_code, absent.content) == (404, answer.content)


def test_a_manager_of_one_site_sees_that_one(client, chain):
    organization, _, clinics = chain
    person = build.member(organization)
    person.memberships.update(whole_organization=False)
    SiteMembership.objects.create(membership=person.memberships.get(), clinic=clinics[1])
    client.force_login(person)
    shown = main(client.get(page(chain)))
    assert "Chain Site 02" in shown
    assert "Chain Site 01" not in shown
    answer = client.get(page(chain, "shared/"), slugs(clinics))
    assert "1 site" in main(answer)
    assert "Chain Site 01" not in main(answer)


@pytest.mark.parametrize("what", ["shared/", "pause/", "close/"])
def test_without_a_site_it_leads_back(manager, chain, what):
    answer = manager.get(page(chain, what), follow=True)
    assert "Tick at least one site first." in text(answer)
    foreign = manager.get(page(chain, what), slugs([build.clinic()]), follow=True)
    absent = manager.get(page(chain, what), {"site": "absent"}, follow=True)
    assert text(foreign) == text(absent)


@pytest.mark.parametrize("what", ["shared/", "pause/", "close/"])
def test_so_many_sites_that_others_would_wait_are_too_many(manager, chain, what, monkeypatch):
    monkeypatch.setattr("directory.many_sites.MOST_AT_ONCE", 2)
    answer = manager.get(page(chain, what), {"all": "1"}, follow=True)
    assert "Tick at most 2 sites at once." in text(answer)


# --- what sites share ----------------------------------------------------------------------------


def test_what_is_ticked_is_previewed_and_then_saved_everywhere(manager, chain):
    _, _, clinics = chain
    Clinic.objects.filter(pk=clinics[2].pk).update(cost="Ask us.")
    given = {
        **slugs(clinics),
        "change_cost": "on",
        "cost": "Ask us.",
        "change_insurance": "on",
        "insurance": ["va"],
    }
    preview = manager.post(page(chain, "shared/"), given)
    assert preview.status_code == 200
    assert "3 of 3 sites would change." in main(preview)
    assert "The same at 2 sites Chain Site 01 , Chain Site 02" in main(preview)
    assert "Private insurance VA Community Care" in main(preview)
    assert not ListingEdit.objects.exists()

    answer = manager.post(page(chain, "shared/"), hidden(preview), follow=True)
    assert "Changed at 3 sites." in text(answer)
    assert set(Clinic.objects.values_list("cost", flat=True)) == {"Ask us."}
    assert ListingEdit.objects.count() == 3


def test_all_sites_need_no_tick_and_others_keep_what_they_have(manager, chain):
    preview = manager.post(
        page(chain, "shared/"), {"all": "1", "change_languages": "on", "languages": ["en", "es"]}
    )
    manager.post(page(chain, "shared/"), hidden(preview))
    assert {tuple(clinic.languages) for clinic in Clinic.objects.all()} == {("en", "es")}
    assert {tuple(clinic.insurance) for clinic in Clinic.objects.all()} == {("commercial",)}


def test_going_back_from_the_preview_keeps_what_was_typed(manager, chain):
    given = {"all": "1", "change_cost": "on", "cost": "Ask <us>."}
    preview = manager.post(page(chain, "shared/"), given)
    back = {name: value for name, value in hidden(preview).items() if name != "seen"}
    back["cost"] = ["Ask <us>."]
    answer = manager.post(page(chain, "shared/"), {**back, "back": "1"})
    assert answer.status_code == 200
    assert "Ask &lt;us&gt;." in answer.content.decode()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Tick at least one thing to change"),
        ({"cost": "Ask."}, "You filled in “Cost”, but did not tick it."),
        ({"change_cost": "on", "cost": "x" * 1001}, "Use 1,000 characters or fewer"),
        ({"change_insurance": "on", "insurance": ["gold"]}, "Choose from the list"),
        ({"change_accepting_new_patients": "on"}, "Choose one"),
        ({"change_price_low": "on", "price_low": "1e12"}, "Enter whole US dollars"),
        ({"change_price_low": "on", "price_low": "-1"}, "Enter whole US dollars"),
        (
            {"change_price_low": "on", "price_low": "900"},
            "below the lowest at: Chain Site 02",
        ),
        (
            {"change_opening_hours": "on", "opening_hours": "mon 25:00-26:00"},
            "Monday: a time is from 00:00 to 23:59.",
        ),
    ],
)
def test_what_does_not_fit_is_said_beside_its_field_and_kept(manager, chain, given, said):
    Clinic.objects.filter(pk=chain[2][1].pk).update(price_high=100)
    answer = manager.post(page(chain, "shared/"), {"all": "1", **given})
    assert answer.status_code == 422
    assert said in text(answer)
    for name, value in given.items():
        if isinstance(value, str) and not name.startswith("change"):
            assert value in answer.content.decode()


def test_a_site_changed_since_the_preview_is_shown_again(manager, chain):
    preview = manager.post(page(chain, "shared/"), {"all": "1", "change_cost": "on", "cost": "Ask us."})
    Clinic.objects.filter(pk=chain[2][0].pk).update(cost="Newer.")
    answer = manager.post(page(chain, "shared/"), hidden(preview))
    assert answer.status_code == 409
    assert "Somebody changed a site after you looked." in text(answer)
    assert Clinic.objects.filter(cost="Newer.").count() == 1
    assert manager.post(page(chain, "shared/"), hidden(answer)).status_code == 302


def test_hours_and_new_patients_are_shared_too(manager, chain):
    given = {
        "all": "1",
        "change_opening_hours": "on",
        "opening_hours": "Mon 9-12, 13:00-17:00\r\nTue 9 AM - 5 PM",
        "change_accepting_new_patients": "on",
        "accepting_new_patients": "no",
    }
    preview = manager.post(page(chain, "shared/"), given)
    assert "Monday: 9 AM to 12 PM and 1 PM to 5 PM" in main(preview)
    manager.post(page(chain, "shared/"), hidden(preview))
    assert {len(clinic.opening_hours) for clinic in Clinic.objects.all()} == {3}
    assert set(Clinic.objects.values_list("accepting_new_patients", flat=True)) == {False}


# --- a pause and an end --------------------------------------------------------------------------


def test_sites_pause_and_take_requests_again(manager, chain):
    day = (clock.now() + timedelta(days=30)).date().isoformat()
    answer = manager.post(
        page(chain, "pause/"), {**slugs(chain[2][:2]), "until": day, "reason": "holiday"}, follow=True
    )
    assert "Paused: 2 sites." in text(answer)
    assert Clinic.objects.filter(paused_until__isnull=False).count() == 2
    assert "2 of these are paused now." in text(manager.get(page(chain, "pause/"), {"all": "1"}))
    answer = manager.post(page(chain, "pause/"), {"all": "1", "verb": "resume"}, follow=True)
    assert "The pause is over at 2 sites." in text(answer)
    assert not Clinic.objects.filter(paused_until__isnull=False).exists()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "Choose a day"),
        ({"until": "soon", "reason": "full"}, "Enter a day like"),
        ({"until": "2020-01-01", "reason": "full"}, "Choose a day after today"),
        ({"until": "2999-01-01", "reason": "full"}, "Choose a day within"),
        ({"until": "2999-01-01", "reason": "because"}, "Choose a reason"),
    ],
)
def test_a_pause_says_what_does_not_fit(manager, chain, given, said):
    answer = manager.post(page(chain, "pause/"), {"all": "1", **given})
    assert answer.status_code == 422
    assert said in text(answer)
    assert not Clinic.objects.filter(paused_until__isnull=False).exists()


def test_sites_close_for_good_once_somebody_typed_how_many(manager, chain):
    build_referrals.referral(chain[2][0])
    sites = slugs(chain[2][:2])
    assert "They have 1 open request ." in main(manager.get(page(chain, "close/"), sites))
    for typed in ("", "close", "close 3 sites", "yes"):
        answer = manager.post(page(chain, "close/"), {**sites, "reason": "closed-down", "sure": typed})
        assert answer.status_code == 422
        assert "Type “close 2 sites”" in text(answer)
    answer = manager.post(
        page(chain, "close/"), {**sites, "reason": "closed-down", "sure": " Close  2 sites "}, follow=True
    )
    assert "Closed: 2 sites." in text(answer)
    assert Clinic.objects.filter(status="closed").count() == 2
    assert manager.post(page(chain, "close/"), {**sites, "reason": "closed-down"}).status_code == 302


@pytest.mark.parametrize("reason", ["", "moved", "merged"])
def test_closing_asks_why(manager, chain, reason):
    answer = manager.post(page(chain, "close/"), {"all": "1", "reason": reason, "sure": "close 3 sites"})
    assert answer.status_code == 422
    assert "Choose what happened" in text(answer)
    assert Clinic.objects.filter(status="closed").count() == 0
