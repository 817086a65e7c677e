"""/api/v1/mine/: a clinic's own program keeps what it says of itself true, and does nothing else."""

from datetime import timedelta

import pytest
from django.test import Client

from accounts import api_keys
from accounts.models import ApiKey, AuditEvent, Membership
from directory.models import Clinic, ListingEdit, SiteMembership
from outbox import clock
from tests import build, build_referrals

pytestmark = pytest.mark.django_db

MINE = "/api/v1/mine/clinics/"


def key_for(user, **more) -> tuple[ApiKey, str]:
    membership = user.memberships.latest("pk")
    return api_keys.make(**{"membership": membership, "label": "our program", "days": 90, "by": user, **more})


@pytest.fixture
def secret(clinic, owner):
    return key_for(owner)[1]


@pytest.fixture
def program(secret):
    return with_key(secret)


def with_key(secret: str) -> Client:
    return Client(headers={"authorization": f"Bearer {secret}"})


def change(program, clinic, body):
    return program.patch(f"{MINE}{clinic.slug}/", body, content_type="application/json")


# --- reading -------------------------------------------------------------------------------------


def test_it_reads_the_clinics_of_its_practice_as_the_description_says(program, clinic, holds_to):
    build.clinic(name="Somebody else's")
    page = program.get(MINE)
    assert (page.status_code, page["Cache-Control"]) == (200, "no-store")
    holds_to("MyClinics", page.json())
    (mine,) = page.json()["results"]
    assert (mine["slug"], mine["is_shown"], mine["says"]["languages"]) == (clinic.slug, True, ["en"])
    assert mine == program.get(f"{MINE}{clinic.slug}/").json()


def test_it_reads_numbers_of_requests_and_nothing_of_any(program, clinic, owner):
    build_referrals.referral(clinic, call_me="Zebrafinch")
    build_referrals.referral(clinic, reached="received", by=owner, call_me="Tamarin")
    before = AuditEvent.objects.filter(action="referral.read").count()

    page = program.get(f"{MINE}{clinic.slug}/")

    assert page.json()["requests"] == {"new": 1, "waiting_on_clinic": 2}
    assert AuditEvent.objects.filter(action="referral.read").count() == before
    assert not {"Zebrafinch", "Tamarin"} & set(page.content.decode().split('"'))


def test_three_clinics_take_as_many_statements_as_one(program, clinic, django_assert_num_queries):
    program.get(MINE)  # notes the use of the key, for a minute
    with django_assert_num_queries(7) as taken:
        program.get(MINE)
    build.many([{"organization": clinic.organization} for _ in range(2)])
    with django_assert_num_queries(len(taken)):
        assert program.get(MINE).json()["count"] == 3


def test_a_clinic_of_others_is_answered_like_none(program):
    foreign = build.clinic()
    answers = [program.get(f"{MINE}{slug}/") for slug in (foreign.slug, "no-such-clinic")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content
    assert change(program, foreign, {"cost": "less"}).content == answers[0].content


def test_the_key_of_somebody_who_acts_for_some_sites_reads_those_alone(clinic):
    other = build.clinic(organization=clinic.organization)
    person = build.member(clinic.organization)
    membership = person.memberships.get()
    Membership.objects.filter(pk=membership.pk).update(whole_organization=False)
    SiteMembership.objects.create(membership=membership, clinic=other)
    program = with_key(key_for(person)[1])
    assert [each["slug"] for each in program.get(MINE).json()["results"]] == [other.slug]
    assert program.get(f"{MINE}{clinic.slug}/").status_code == 404


def test_it_opens_no_other_address(program, clinic, owner):
    made = build_referrals.referral(clinic, reached="received", by=owner)
    for page in (f"/manage/inbox/{made.pk}/", "/manage/", "/staff/"):
        assert program.get(page).status_code == 302


# --- who -----------------------------------------------------------------------------------------


def refused(answer):
    assert answer.status_code == 401
    assert answer["Content-Type"] == "application/problem+json"
    assert answer["WWW-Authenticate"].startswith("Bearer")
    return answer.content


def test_every_way_not_to_have_a_key_is_answered_alike(client, secret):
    sent = [
        "",
        "Bearer",
        "Bearer ",
        f"Basic {secret}",
        f"Token {secret}",
        secret,
        f"Bearer {secret}x",
        f"Bearer {secret[:-1]}",
        f"Bearer  {secret}",
        f"Bearer {secret}, Bearer {secret}",
        f"Bearer {secret},Bearer x",
        "Bearer cairn_abcdefgh_" + "a" * 43,
        "Bearer " + "x" * 5_000,
        "Bearer eyJhbGciOiJub25lIn0.e30.",
        "Bearer \u00e9",
    ]
    answers = {refused(client.get(MINE, headers={"authorization": each} if each else {})) for each in sent}
    assert len(answers) == 1
    assert secret.encode() not in answers.pop()


@pytest.mark.parametrize("name", ["access_token", "token", "api_key", "KEY", "Authorization"])
def test_a_key_in_the_address_is_refused_also_beside_a_good_one(client, program, secret, name):
    refused(client.get(MINE, {name: secret}))
    refused(program.get(MINE, {name: secret}))


def test_other_parameters_are_bad(program):
    assert program.get(MINE, {"page": "2"}).status_code == 400


@pytest.mark.parametrize("how", ["ended", "expired", "removed", "inactive", "demoted"])
def test_a_key_is_dead_at_the_next_request(how, program, clinic, owner):
    assert program.get(MINE).status_code == 200
    if how == "ended":
        api_keys.end(key=ApiKey.objects.get(), by=owner)
    elif how == "expired":
        ApiKey.objects.update(made_at=clock.now() - timedelta(days=2), expires_at=clock.now())
    elif how == "removed":
        owner.memberships.update(ended_at=clock.now())
    elif how == "inactive":
        type(owner).objects.filter(pk=owner.pk).update(is_active=False)
    else:
        owner.memberships.update(role=Membership.Role.STAFF)
    refused(program.get(MINE))
    refused(change(program, clinic, {"cost": "less"}))


def test_a_session_is_no_key(client, owner, clinic):
    client.force_login(owner)
    refused(client.get(MINE))


def test_its_use_is_noted_at_most_once_a_minute(program, clinic):
    start = clock.now()
    for seconds, noted in [(0, 0), (59, 0), (60, 60)]:
        with clock.frozen(start + timedelta(seconds=seconds)):
            program.get(MINE)
        assert ApiKey.objects.get().last_used_at == start + timedelta(seconds=noted)


def test_too_many_calls_with_one_key_wait(program, monkeypatch):
    monkeypatch.setattr("api.rest.bearer.PER_MINUTE", 2)
    answers = [program.get(MINE) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert 0 < int(answers[2]["Retry-After"]) <= 60


# --- changing ------------------------------------------------------------------------------------


def test_it_changes_what_the_clinic_says_and_leaves_an_edit(program, clinic, owner, holds_to):
    said = {
        "languages": ["es", "en"],
        "accepting_new_patients": False,
        "cost": "Ask us.",
        "price_low": 100,
        "price_high": None,
        "opening_hours": [{"day": 0, "opens": "09:00", "closes": "17:00"}],
    }
    answer = change(program, clinic, said)
    assert answer.status_code == 200
    holds_to("MyClinic", answer.json())
    assert answer.json()["says"] | said | {"languages": ["en", "es"]} == answer.json()["says"]
    edit = ListingEdit.objects.get()
    assert (edit.made_by, edit.after["cost"]) == (owner, "Ask us.")


def test_a_text_that_the_gate_holds_is_named_and_the_old_one_stays(program, clinic):
    answer = change(program, clinic, {"cost": "No prescription needed, we ship ketamine to your home"})
    assert answer.status_code == 200
    assert (answer.json()["says"]["cost"], answer.json()["held"]) == ("", ["cost"])


BAD = {
    "unknown": {"languges": ["en"]},
    "name": {"name": "Another"},
    "phone": {"phone": "+13035550102"},
    "slug": {"slug": "x"},
    "offerings": {"offerings": []},
    "status": {"status": "listed"},
    "cost": {"cost": ["marker-7f3a"]},
    "first_visit": {"first_visit": "x" * 1001},
    "hours": {"hours": None},
    "accepting_new_patients": {"accepting_new_patients": "true"},
    "takes_requests": {"takes_requests": None},
    "languages": {"languages": ["marker-7f3a"]},
    "insurance": {"insurance": "medicaid"},
    "age_groups": {"age_groups": [["adult"]]},
    "access": {"access": {}},
    "states_facts": {"states_facts": ["license"]},
    "price_low": {"price_low": -1},
    "price_high": {"price_high": 10**12},
    "opening_hours": {"opening_hours": [{"day": 7, "opens": "09:00", "closes": "10:00"}]},
}


@pytest.mark.parametrize("name", BAD)
def test_a_field_that_cannot_be_used_is_named_and_nothing_is_changed(name, program, clinic):
    before = Clinic.objects.values().get(pk=clinic.pk)
    answer = change(program, clinic, {"cost": "less", **BAD[name]} if name != "cost" else BAD[name])
    assert answer.status_code == 422
    assert name in {error["name"] for error in answer.json()["errors"]}
    assert b"marker-7f3a" not in answer.content
    assert b"languges" not in answer.content
    assert Clinic.objects.values().get(pk=clinic.pk) == before


SHAPELESS = [
    "[]",
    "{}",
    "null",
    '"x"',
    "3",
    "{",
    "",
    '{"cost": "a", "cost": "b"}',
    '{"price_low": NaN}',
    '{"price_low": true}',
    '{"price_low": 1.5}',
    '{"price_low": 1e400}',
    '{"price_low": ' + "9" * 400 + "}",
    '{"cost": "a", "x": ' + "[" * 100 + "]" * 100 + "}",
]


@pytest.mark.parametrize("body", SHAPELESS)
def test_a_body_of_another_shape_is_refused(body, program, clinic):
    answer = change(program, clinic, body)
    assert answer.status_code in (400, 422)
    assert answer["Content-Type"] == "application/problem+json"


def test_a_number_or_a_nesting_without_end_is_refused(program, clinic):
    for body in ('{"price_low": ' + "9" * 5_000 + "}", '{"cost": ' + "[" * 100_000 + "]" * 100_000 + "}"):
        assert change(program, clinic, body).status_code in (400, 422)


def test_another_kind_of_body_is_refused(program, clinic):
    page = f"{MINE}{clinic.slug}/"
    assert program.patch(page, "cost=x", content_type="application/x-www-form-urlencoded").status_code == 415
    assert program.patch(page, '{"cost": "x"}', content_type="text/plain").status_code == 415


def test_without_an_approved_claim_nothing_is_changed(program, clinic):
    clinic.claims.all().delete()
    assert change(program, clinic, {"cost": "less"}).status_code == 409


def test_a_closed_clinic_is_not_changed(program, clinic):
    Clinic.objects.filter(pk=clinic.pk).update(status="closed", status_reason="closed-down")
    assert change(program, clinic, {"cost": "less"}).status_code == 409


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_no_other_method_works(method, program, clinic):
    assert getattr(program, method)(f"{MINE}{clinic.slug}/").status_code == 405
    assert getattr(program, method)(MINE).status_code == 405
