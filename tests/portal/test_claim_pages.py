"""Somebody claims a listing at a browser: finding it, showing that they work there, and following what happens."""

import pytest
from django.urls import reverse

from directory import claims
from directory.models import ListingClaim
from outbox import clock
from tests import build
from tests.a_claim import code_of, wrong

pytestmark = pytest.mark.django_db

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
SAID = {"proof": "letter", "position": "Office manager"}


@pytest.fixture
def unclaimed(db):
    return build.clinic(claimed=False, name="Blue Lake Example Clinic", phone="+13035550133")


@pytest.fixture
def somebody(db):
    return build.user("new@clinic.example", name="New Person")


@pytest.fixture
def browser(client, somebody):
    client.force_login(somebody, BACKEND)
    return client


def as_(client, user):
    client.force_login(user, BACKEND)
    return client


def text_of(page):
    return page.content.decode()


def made(clinic, by, proof="letter", **said):
    return claims.make(clinic=clinic, by=by, proof=proof, position="Office manager", **said)


# --- finding ---------------------------------------------------------------------------------------


def test_whoever_is_signed_out_is_led_to_sign_in_and_back(client, unclaimed):
    for address in ("/manage/claim/", f"/manage/claim/{unclaimed.slug}/"):
        answer = client.get(address)
        assert answer.status_code == 302
        assert answer["Location"] == f"/accounts/login/?next={address}"


def test_the_operators_staff_finds_no_clinic_to_claim(client, unclaimed, staff, verifier):
    for person in (staff, verifier):
        as_(client, person)
        assert client.get("/manage/claim/").status_code == 403
        assert client.get(f"/manage/claim/{unclaimed.slug}/").status_code == 403
        assert client.post(f"/manage/claim/{unclaimed.slug}/", SAID).status_code == 403


@pytest.mark.parametrize(
    "words",
    [
        "Blue Lake",
        "blue lake denver",
        "Denver, CO",
        "303-555-0133",
        "+1 (303) 555 0133",
        "80202",
        "\uff18\uff10202",
    ],
)
def test_a_clinic_is_found_by_name_town_phone_and_zip(browser, unclaimed, words):
    page = text_of(browser.get("/manage/claim/", {"q": words}))
    assert unclaimed.name in page
    assert "We found one" in page


def test_a_clinic_is_found_by_its_npi(browser, unclaimed):
    assert unclaimed.name in text_of(browser.get("/manage/claim/", {"q": unclaimed.organization.npi}))


def test_a_candidate_shows_the_least_and_that_it_is_not_shown_yet(browser):
    candidate = build.clinic(listed=False, name="Quiet Example Clinic", phone="+13035550144")
    page = text_of(browser.get("/manage/claim/", {"q": "quiet"}))
    assert candidate.name in page
    assert "Not shown in search yet" in page
    for hidden in ("555-0144", candidate.organization.npi, candidate.website):
        assert hidden not in page


def test_what_closed_or_was_merged_is_not_found(browser, unclaimed):
    build.clinic(name="Gone Example Clinic", status="closed", status_reason="moved", claimed=False)
    build.clinic(name="Gone Example Clinic", listed=False, successor=unclaimed)
    assert "Nothing found" in text_of(browser.get("/manage/claim/", {"q": "gone"}))


def test_many_are_cut_and_none_is_said(browser):
    build.many([{"claimed": False, "name": f"Many Example {number}"} for number in range(21)])
    page = text_of(browser.get("/manage/claim/", {"q": "many example"}))
    assert page.count("This is my clinic") == 20
    assert "There are more" in page
    assert "Nothing found" in text_of(browser.get("/manage/claim/", {"q": "nowhere at all"}))


def test_the_search_takes_as_many_statements_for_one_as_for_twenty(browser, django_assert_max_num_queries):
    build.many([{"claimed": False, "name": f"Many Example {number}"} for number in range(20)])
    browser.get("/manage/claim/", {"q": "many"})
    with django_assert_max_num_queries(19) as few:
        browser.get("/manage/claim/", {"q": "Many Example 7"})
    with django_assert_max_num_queries(len(few)):
        browser.get("/manage/claim/", {"q": "many"})


@pytest.mark.parametrize(
    "words", ["", "   ", "%", "_", "'; --", "\u0661\u0662", "a" * 100, "* * * * * * * *"]
)
def test_odd_words_find_nothing_and_break_nothing(browser, unclaimed, words):
    page = browser.get("/manage/claim/", {"q": words})
    assert page.status_code == 200
    assert unclaimed.name not in text_of(page)


@pytest.mark.parametrize("words", ["a" * 101, "a\x00b", "a" * 1_000])
def test_words_that_cannot_be_searched_are_said_to_be_so(browser, words):
    assert browser.get("/manage/claim/", {"q": words}).status_code in (400, 422)


def test_ones_own_claims_stand_below_the_search(browser, unclaimed, clinic, somebody):
    claim = made(unclaimed, somebody)
    made(clinic, build.user())
    page = text_of(browser.get("/manage/claim/"))
    assert f"/manage/claims/{claim.pk}/" in page
    assert clinic.name not in page


def test_who_waits_to_be_let_in_is_told_when_nobody_is_there_any_more(browser, clinic, somebody, verifier):
    claim = made(clinic, somebody, "manager")
    assert "already lets you in" in text_of(browser.get(f"/manage/claims/{claim.pk}/"))
    claims.end(claim=clinic.claims.standing().get(), by=verifier)
    assert "Nobody looks after it any more" in text_of(browser.get(f"/manage/claims/{claim.pk}/"))


# --- choosing the proof ----------------------------------------------------------------------------


def test_only_the_possible_proofs_are_offered(browser, unclaimed, clinic):
    page = text_of(browser.get(f"/manage/claim/{unclaimed.slug}/"))
    assert "an address at clinic.example" in page
    assert "lets me in" not in page
    bare = build.clinic(claimed=False, confirmed_domain="")
    assert "mail a code" not in text_of(browser.get(f"/manage/claim/{bare.slug}/"))
    assert "lets me in" in text_of(browser.get(f"/manage/claim/{clinic.slug}/"))


def test_removing_is_as_easy_as_claiming(browser, unclaimed):
    page = text_of(browser.get(f"/manage/claim/{unclaimed.slug}/"))
    assert reverse("clinic-remove", args=[unclaimed.slug]) in page
    profile = text_of(browser.get(f"/clinic/{unclaimed.slug}/"))
    assert f"/manage/claim/{unclaimed.slug}/" in profile
    assert reverse("clinic-remove", args=[unclaimed.slug]) in profile


def test_a_claim_is_made_and_leads_to_its_page(browser, unclaimed, somebody):
    answer = browser.post(
        f"/manage/claim/{unclaimed.slug}/",
        {"proof": "domain-mail", "position": "Office manager", "address": "new@clinic.example"},
    )
    claim = ListingClaim.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, f"/manage/claims/{claim.pk}/")
    assert (claim.claimant, claim.position) == (somebody, "Office manager")
    page = text_of(browser.get(answer["Location"]))
    assert 'autocomplete="one-time-code"' in page
    assert code_of(claim) not in page


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Choose how you can show it"),
        ({"proof": "phone", "position": "x"}, "Choose from the list"),
        ({"proof": "letter"}, "Say what you do at the clinic"),
        ({"proof": "letter", "position": "x" * 81}, "Use 80 characters or fewer"),
        ({"proof": "domain-mail", "position": "x"}, "Enter your address at clinic.example"),
        ({"proof": "domain-mail", "position": "x", "address": "a@gmail.com"}, "choose the letter|Choose the letter"),
        ({"proof": "domain-mail", "position": "x", "address": "a@m.clinic.example"}, "has to end in @clinic.example"),
        ({"proof": "domain-mail", "position": "x", "address": "a@clinic.example@evil"}, "Enter one e-mail address"),
        ({"proof": "domain-mail", "position": "x", "address": "a" * 1_000_000}, "Enter a shorter"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_beside_the_field_and_the_rest_stays(browser, unclaimed, given, words):
    page = browser.post(f"/manage/claim/{unclaimed.slug}/", given)
    assert page.status_code == 422
    assert any(each in text_of(page) for each in words.split("|"))
    assert "There is a problem" in text_of(page)
    if given.get("position") == "x":
        assert 'value="x"' in text_of(page)
    assert not ListingClaim.objects.exists()


def test_a_claimed_clinic_says_whom_to_ask(browser, clinic):
    page = text_of(browser.get(f"/manage/claim/{clinic.slug}/"))
    assert "Somebody looks after this listing already" in page
    assert "72 hours" in page


def test_a_closed_one_cannot_be_claimed_and_says_so(browser):
    closed = build.clinic(status="closed", status_reason="moved", claimed=False)
    assert "This listing is closed" in text_of(browser.get(f"/manage/claim/{closed.slug}/"))
    assert browser.post(f"/manage/claim/{closed.slug}/", SAID).status_code == 409


def test_a_suspended_one_can_be_claimed_and_says_what_that_does_not_do(browser):
    suspended = build.clinic(status="suspended", status_reason="under-review", claimed=False)
    assert "does not show it again" in text_of(browser.get(f"/manage/claim/{suspended.slug}/"))
    assert browser.post(f"/manage/claim/{suspended.slug}/", SAID).status_code == 302


def test_who_looks_after_it_already_is_told_so(client, clinic, owner):
    as_(client, owner)
    assert "You look after this listing already" in text_of(client.get(f"/manage/claim/{clinic.slug}/"))
    assert client.post(f"/manage/claim/{clinic.slug}/", SAID).status_code == 409


def test_who_claimed_it_already_is_led_to_the_claim(browser, unclaimed, somebody):
    claim = made(unclaimed, somebody)
    assert browser.get(f"/manage/claim/{unclaimed.slug}/")["Location"] == f"/manage/claims/{claim.pk}/"
    assert browser.post(f"/manage/claim/{unclaimed.slug}/", SAID).status_code == 409


def test_nobody_claims_more_than_ten_a_day(browser):
    clinics = build.many([{"claimed": False} for _ in range(11)])
    answers = [browser.post(f"/manage/claim/{each.slug}/", SAID).status_code for each in clinics]
    assert answers == [302] * 10 + [429]


def test_what_was_typed_stays_when_the_sign_in_had_ended(client, unclaimed):
    answer = client.post(f"/manage/claim/{unclaimed.slug}/", SAID, headers={"Sec-Fetch-Site": "same-origin"})
    assert answer.status_code == 403
    assert "Office manager" in text_of(answer)
    assert not ListingClaim.objects.exists()


def test_an_address_says_nothing_of_whether_somebody_signs_in_with_it(browser, unclaimed, somebody):
    build.user("known@clinic.example")
    pages = []
    for name in ("known", "zzzzz"):
        claim = made(unclaimed, somebody, "domain-mail", address=f"{name}@clinic.example")
        page = text_of(browser.get(f"/manage/claims/{claim.pk}/"))
        pages.append(page.replace(name, "").replace(f"/claims/{claim.pk}/", ""))
        claims.withdraw(claim=claim, by=somebody)
    assert pages[0].split("What happens")[0].count("@clinic.example") == 1
    assert len(pages[0]) == len(pages[1])


# --- the claim's own page --------------------------------------------------------------------------


def test_the_code_is_typed_there(browser, unclaimed, somebody):
    claim = made(unclaimed, somebody, "domain-mail", address="new@clinic.example")
    answer = browser.post(f"/manage/claims/{claim.pk}/code/", {"code": code_of(claim)}, follow=True)
    assert "That is the code" in text_of(answer)
    assert "one-time-code" not in text_of(answer)
    assert browser.post(f"/manage/claims/{claim.pk}/code/", {"code": "12345678"}).status_code == 409


def test_a_wrong_code_says_how_many_tries_are_left_and_then_that_people_help(browser, unclaimed, somebody):
    claim = made(unclaimed, somebody, "domain-mail", address="new@clinic.example")
    typed = wrong(code_of(claim))
    pages = [browser.post(f"/manage/claims/{claim.pk}/code/", {"code": typed}) for _ in range(6)]
    assert [page.status_code for page in pages] == [422] * 5 + [409]
    assert "You can try 4 more times" in text_of(pages[0])
    assert "You can try 1 more time<" in text_of(pages[3])
    assert "a person helps you" in text_of(pages[4])
    assert "A person helps you" in text_of(browser.get(f"/manage/claims/{claim.pk}/"))


@pytest.mark.parametrize("code", ["", "1", "x" * 41, "\u0661" * 8, "1" * 1_000_000])
def test_what_is_no_code_is_said_beside_the_field(browser, unclaimed, somebody, code):
    claim = made(unclaimed, somebody, "domain-mail", address="new@clinic.example")
    assert browser.post(f"/manage/claims/{claim.pk}/code/", {"code": code}).status_code == 422
    claim.refresh_from_db()
    assert claim.code_tries == 0


def test_a_new_code_can_be_asked_for_and_the_claim_taken_back(browser, unclaimed, somebody):
    claim = made(unclaimed, somebody, "domain-mail", address="new@clinic.example")
    assert "on its way" in text_of(browser.post(f"/manage/claims/{claim.pk}/again/", follow=True))
    assert "took your claim back" in text_of(
        browser.post(f"/manage/claims/{claim.pk}/withdraw/", follow=True)
    )
    for verb in ("again", "withdraw"):
        assert browser.post(f"/manage/claims/{claim.pk}/{verb}/").status_code == 409
    assert browser.post(f"/manage/claims/{claim.pk}/nonsense/").status_code == 404


def test_a_claim_of_others_is_like_one_that_does_not_exist(client, unclaimed, somebody, stranger):
    claim = made(unclaimed, somebody)
    as_(client, stranger)
    for address in ("/manage/claims/{}/", "/manage/claims/{}/object/"):
        pages = [client.get(address.format(pk)) for pk in (claim.pk, 987654)]
        assert [page.status_code for page in pages] == [404, 404]
        assert pages[0].content == pages[1].content
    for verb in ("code", "again", "withdraw", "object"):
        answers = [client.post(f"/manage/claims/{pk}/{verb}/", {"code": "1"}) for pk in (claim.pk, 987654)]
        assert [answer.status_code for answer in answers] == [404, 404]
        assert answers[0].content == answers[1].content


def test_the_page_says_why_a_claim_was_refused(browser, unclaimed, somebody, verifier):
    claim = made(unclaimed, somebody)
    claims.refuse(claim=claim, by=verifier, note="They do not <know> you.")
    assert "They do not &lt;know&gt; you." in text_of(browser.get(f"/manage/claims/{claim.pk}/"))


# --- those who hold the clinic ---------------------------------------------------------------------


@pytest.fixture
def at_the_desk(client, owner, monkeypatch):
    """The manager, who showed a moment ago who she is."""
    monkeypatch.setattr("accounts.step_up.is_fresh", lambda request: True)
    return as_(client, owner)


def test_a_manager_reads_who_asks_and_objects(at_the_desk, clinic, somebody):
    claim = made(clinic, somebody)
    page = text_of(at_the_desk.get(f"/manage/claims/{claim.pk}/object/"))
    for words in ("New Person", "Office manager", "@clinic.example", "until"):
        assert words in page
    assert "new@clinic.example" not in page
    done = at_the_desk.post(
        f"/manage/claims/{claim.pk}/object/", {"answer": "no", "role": "staff", "where": "site"}, follow=True
    )
    assert "We have your objection" in text_of(done)
    claim.refresh_from_db()
    assert claim.objected_at
    again = at_the_desk.post(
        f"/manage/claims/{claim.pk}/object/", {"answer": "no", "role": "staff", "where": "site"}
    )
    assert again.status_code == 409


def test_a_manager_lets_somebody_in(at_the_desk, clinic, somebody):
    claim = made(clinic, somebody, "manager")
    at_the_desk.post(
        f"/manage/claims/{claim.pk}/object/", {"answer": "yes", "role": "manager", "where": "whole"}
    )
    membership = somebody.memberships.get()
    assert (membership.role, membership.whole_organization) == ("manager", True)


def test_an_answer_is_one_of_two(at_the_desk, clinic, somebody):
    claim = made(clinic, somebody)
    for given in ({}, {"answer": "perhaps"}, {"answer": "yes", "role": "owner", "where": "site"}):
        assert at_the_desk.post(f"/manage/claims/{claim.pk}/object/", given).status_code == 422
    assert not somebody.memberships.exists()


def test_another_role_of_the_clinic_does_not_answer(client, clinic, colleague, somebody):
    claim = made(clinic, somebody)
    assert as_(client, colleague).get(f"/manage/claims/{claim.pk}/object/").status_code == 403


def test_letting_in_asks_who_is_there(client, clinic, owner, somebody):
    claim = made(clinic, somebody, "manager")
    answer = as_(client, owner).post(
        f"/manage/claims/{claim.pk}/object/", {"answer": "yes", "role": "staff", "where": "site"}
    )
    assert answer.status_code in (302, 403)
    assert not somebody.memberships.exists()


def test_an_answer_after_the_time_is_told_so(at_the_desk, clinic, somebody):
    claim = made(clinic, somebody)
    ListingClaim.objects.filter(pk=claim.pk).update(objection_until=clock.now())
    assert "The time to object is over" in text_of(at_the_desk.get(f"/manage/claims/{claim.pk}/object/"))
    late = at_the_desk.post(
        f"/manage/claims/{claim.pk}/object/", {"answer": "no", "role": "staff", "where": "site"}
    )
    assert late.status_code == 409
