"""The page of a team, as a manager, as staff, and as somebody who was removed a moment ago see it."""

from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.tokens import default_token_generator
from django.test import Client
from django.urls import reverse

from accounts import api_keys
from accounts.models import Membership
from directory import team
from directory.deciding import acts_for
from directory.models import Invitation, SiteMembership
from outbox import clock
from tests import build, build_referrals
from tests.a_team import at_sites, of

pytestmark = pytest.mark.django_db
Role = Membership.Role
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
PROOF = {"step_up_password": build.PASSWORD}


@pytest.fixture
def practice(clinic):
    return clinic.organization


@pytest.fixture
def sites(owner, clinic):
    return [clinic, *build.many([{"owner": owner, "organization": clinic.organization} for _ in range(2)])]


def signed_in(person):
    client = Client()
    client.force_login(person, BACKEND)
    return client


def url(name, *args):
    return reverse(f"manage-{name}", args=args)


def text(response):
    return response.content.decode()


def test_one_team_alone_is_shown_at_once_and_several_are_listed(owner, practice):
    client = signed_in(owner)
    assert client.get(url("team")).url == url("team-of", practice.pk)
    second = build.organization(name="Second Practice")
    build.membership(owner, second)
    assert "Second Practice" in text(client.get(url("team")))
    assert "not on a team" in text(signed_in(build.user()).get(url("team")))


def test_a_manager_sees_everybody_with_role_sites_second_step_and_last_sign_in(
    owner, colleague, practice, sites
):
    some = at_sites(practice, sites[1], role=Role.STAFF, name="Sid Site")
    page = text(signed_in(owner).get(url("team-of", practice.pk)))
    for words in (owner.name, colleague.email, "Sid Site", sites[1].name, "All sites", "Not set up", "Never"):
        assert words in page
    assert url("member", practice.pk, some.pk) in page


def test_staff_see_names_without_addresses_and_change_nothing(owner, colleague, practice):
    client = signed_in(colleague)
    page = text(client.get(url("team-of", practice.pk)))
    assert owner.name in page
    assert owner.email not in page
    assert "Invite somebody" not in page
    mine = of(colleague, practice)
    for name, args in (
        ("invite", ()),
        ("member-change", (mine.pk,)),
        ("member-remove", (mine.pk,)),
        ("member-reset", (mine.pk,)),
        ("invitation-end", (1,)),
    ):
        assert client.post(url(name, practice.pk, *args), PROOF).status_code == 403
    for name, args in (("invite", ()), ("member", (mine.pk,))):
        assert client.get(url(name, practice.pk, *args)).status_code == 403


@pytest.mark.parametrize("method", ["get", "post"])
def test_a_team_of_others_is_like_one_that_does_not_exist(stranger, practice, owner, method):
    client = signed_in(stranger)
    mine = of(owner, practice)
    for name, args in (
        ("team-of", ()),
        ("invite", ()),
        ("leave", ()),
        ("member", (mine.pk,)),
        ("member-remove", (mine.pk,)),
        ("member-change", (mine.pk,)),
        ("invitation-end", (1,)),
    ):
        pages = [getattr(client, method)(url(name, pk, *args)) for pk in (practice.pk, 10**9)]
        assert [each.status_code for each in pages] in ([404, 404], [405, 405])
        assert pages[0].content == pages[1].content


def test_somebody_of_another_team_is_not_found_under_ones_own(owner, stranger, practice):
    theirs = Membership.objects.get(user=stranger)
    client = signed_in(owner)
    for member in (theirs.pk, 10**9, 10**30):
        assert client.get(url("member", practice.pk, member)).status_code == 404
        assert client.post(url("member-remove", practice.pk, member), PROOF).status_code == 404
    assert client.get(url("team-of", 10**30)).status_code == 404
    theirs.refresh_from_db()
    assert theirs.ended_at is None


def test_a_change_asks_for_a_fresh_proof_and_keeps_what_was_posted(owner, practice):
    client = signed_in(owner)
    asked = client.post(url("invite", practice.pk), {"email": "new@clinic.example", "role": "staff"})
    assert asked.status_code == 403
    assert "new@clinic.example" in text(asked)
    assert not Invitation.objects.exists()
    done = client.post(url("invite", practice.pk), {"email": "new@clinic.example", "role": "staff", **PROOF})
    assert done.url == url("team-of", practice.pk)
    assert Invitation.objects.get().whole_organization


def test_an_invitation_is_made_shown_and_taken_back(owner, practice, sites):
    client = signed_in(owner)
    posted = {
        "email": "new@clinic.example",
        "role": "manager",
        "reach": "some",
        "sites": [sites[1].pk],
        **PROOF,
    }
    assert client.post(url("invite", practice.pk), posted).status_code == 302
    made = Invitation.objects.get()
    assert list(made.clinics.all()) == [sites[1]]
    page = text(client.get(url("team-of", practice.pk)))
    assert "new@clinic.example" in page
    assert "on its way" in page
    for words in ("taken back", "over already"):
        answer = client.post(url("invitation-end", practice.pk, made.pk), follow=True)
        assert words in text(answer)


def test_an_address_with_an_account_is_answered_like_any_other(owner, stranger, practice):
    client = signed_in(owner)
    pages = []
    for email in ("nobody@elsewhere.example", stranger.email):
        answer = client.post(
            url("invite", practice.pk), {"email": email, "role": "staff", **PROOF}, follow=True
        )
        pages.append(text(answer).replace(email, "ADDRESS").split("<main", 1)[1])
        Invitation.objects.all().delete()
    assert (
        pages[0].partition("/end/")[0].rpartition("/")[0] == pages[1].partition("/end/")[0].rpartition("/")[0]
    )


@pytest.mark.parametrize(
    ("posted", "words"),
    [
        ({"email": ""}, "Enter an e-mail address"),
        ({"email": "nobody"}, "Enter an e-mail address like"),
        ({"email": "a" * 260 + "@b.example"}, "Enter an e-mail address like"),
        ({"role": "king"}, "Choose what they may do"),
        ({"reach": "some"}, "Choose at least one site"),
        ({"reach": "none"}, "Choose for which sites"),
        ({"reach": "some", "sites": ["999999"]}, "Choose from the list"),
        ({"reach": "some", "sites": ["x"]}, "Choose from the list"),
        ({"email": "colleague@clinic.example"}, "on your team already"),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_all_is_kept(owner, sites, colleague, posted, words):
    practice = sites[0].organization
    good = {"email": "new@clinic.example", "role": "manager", "reach": "all"}
    answer = signed_in(owner).post(url("invite", practice.pk), {**good, **posted, **PROOF})
    assert answer.status_code == 422
    assert words in text(answer)
    assert ({**good, **posted})["email"][:200] in text(answer)
    assert not Invitation.objects.exists()


def test_a_link_from_a_site_ticks_it(owner, practice, sites):
    page = text(signed_in(owner).get(url("invite", practice.pk) + f"?clinic={sites[1].slug}"))
    ticked = [line for line in page.split("<input") if 'name="sites"' in line and "checked" in line]
    assert len(ticked) == 1
    assert f'value="{sites[1].pk}"' in ticked[0]
    assert signed_in(owner).get(url("invite", practice.pk) + "?clinic=nonsense").status_code == 200


def test_role_and_sites_are_changed_together(owner, colleague, practice, sites):
    posted = {"role": "manager", "reach": "some", "sites": [sites[0].pk, sites[2].pk], **PROOF}
    mine = of(colleague, practice)
    assert signed_in(owner).post(url("member-change", practice.pk, mine.pk), posted).status_code == 302
    assert [acts_for(colleague, site, Role.MANAGER) for site in sites] == [True, False, True]
    back = {"role": "staff", "reach": "all", **PROOF}
    assert signed_in(owner).post(url("member-change", practice.pk, mine.pk), back).status_code == 302
    assert [acts_for(colleague, site, Role.STAFF) for site in sites] == [True] * 3


def test_the_last_manager_reads_why_it_cannot_be(owner, practice, clinic):
    client, mine = signed_in(owner), of(owner, practice)
    for answer in (
        client.post(url("leave", practice.pk)),
        client.post(url("member-change", practice.pk, mine.pk), {"role": "staff", "reach": "all", **PROOF}),
        client.post(url("member-remove", practice.pk, mine.pk), PROOF),
    ):
        assert answer.status_code == 409
        assert "Make somebody else a manager first" in text(answer)
    assert acts_for(owner, clinic, Role.MANAGER)


def test_a_manager_of_a_site_takes_somebody_off_it_who_also_works_elsewhere(practice, sites):
    manager = at_sites(practice, *sites[:2]).user
    across = at_sites(practice, *sites, role=Role.STAFF)
    client = signed_in(manager)
    page = text(client.get(url("member", practice.pk, across.pk)))
    assert sites[2].name not in page
    assert "also works at other sites" in page
    change = url("member-change", practice.pk, across.pk)
    assert client.post(change, {"sites": [sites[0].pk], **PROOF}).status_code == 302
    assert [acts_for(across.user, site) for site in sites] == [True, False, True]
    assert client.post(change, PROOF).status_code == 302
    assert [acts_for(across.user, site) for site in sites] == [False, False, True]
    assert client.get(url("member", practice.pk, across.pk)).status_code == 404


def test_a_manager_of_a_site_does_not_change_who_stands_for_everything(owner, practice, sites):
    client = signed_in(at_sites(practice, sites[0]).user)
    mine = of(owner, practice)
    assert "Only a manager of all the sites" in text(client.get(url("member", practice.pk, mine.pk)))
    for name in ("member-change", "member-remove", "member-reset"):
        assert client.post(url(name, practice.pk, mine.pk), {"role": "staff", **PROOF}).status_code == 403


def test_a_manager_takes_a_lost_second_step_away(owner, colleague, practice):
    client, mine = signed_in(owner), of(colleague, practice)
    Authenticator.objects.create(user=colleague, type=Authenticator.Type.TOTP, data={"secret": "x"})
    assert "They lost their phone" in text(client.get(url("member", practice.pk, mine.pk)))
    assert client.post(url("member-reset", practice.pk, mine.pk), PROOF).status_code == 302
    assert not Authenticator.objects.filter(user=colleague).exists()
    assert "They lost their phone" not in text(client.get(url("member", practice.pk, mine.pk)))


def test_whoever_was_removed_sees_nothing_at_the_next_request(owner, colleague, practice, clinic):
    request = build_referrals.referral(clinic)
    team.change_role(membership=of(colleague, practice), role=Role.MANAGER, by=owner)
    hers = Client()
    hers.force_login(colleague, BACKEND)
    _, secret = api_keys.make(membership=of(colleague, practice), label="Desk", days=30, by=colleague)
    reset_link = default_token_generator.make_token(colleague)
    places = [url("team-of", practice.pk), reverse("inbox-referral", args=[request.pk])]
    assert [hers.get(place).status_code for place in places] == [200, 200]
    assert api_keys.used(secret)

    gone = signed_in(owner).post(url("member-remove", practice.pk, of(colleague, practice).pk), PROOF)
    assert gone.status_code == 302

    assert {hers.get(place).url.partition("?")[0] for place in places} == {reverse("account_login")}
    assert api_keys.used(secret) is None
    colleague.refresh_from_db()
    assert default_token_generator.check_token(
        colleague, reset_link
    )  # her account is hers; it opens nothing here
    again = signed_in(colleague)
    assert [again.get(place).status_code for place in places] == [404, 404]
    assert again.post(url("invite", practice.pk), PROOF).status_code == 404


def test_somebody_leaves_by_themselves(colleague, practice, clinic):
    client = signed_in(colleague)
    assert "Leave the team" in text(client.get(url("leave", practice.pk)))
    assert acts_for(colleague, clinic)
    assert "You have left" in text(client.post(url("leave", practice.pk), follow=True))
    assert client.post(url("leave", practice.pk)).status_code == 404


def test_it_finds_by_name_address_and_site_and_reads_any_words(owner, colleague, practice, sites):
    at_sites(practice, sites[1], role=Role.STAFF, name="Sid Site")
    client = signed_in(owner)
    for words, found in (("sid", True), (sites[1].name, True), ("colleague@", False), ("nobody", False)):
        page = text(client.get(url("team-of", practice.pk), {"q": words}))
        assert ("Sid Site" in page) is found
    for words in ("%", "' OR 1=1--", "x" * 5000, "İ"):
        assert client.get(url("team-of", practice.pk), {"q": words}).status_code == 200
    assert colleague.email not in text(signed_in(colleague).get(url("team-of", practice.pk), {"q": "owner@"}))


def _large(practice, owner, sites, people):
    clinics = build.many([{"owner": owner, "organization": practice} for _ in range(sites)])
    users = [build.user(name=f"Person {number:03d}") for number in range(people)]
    held = Membership.objects.bulk_create(
        Membership(user=user, organization=practice, whole_organization=False, started_at=clock.now())
        for user in users
    )
    SiteMembership.objects.bulk_create(
        SiteMembership(membership=membership, clinic=clinics[number % sites])
        for number, membership in enumerate(held)
    )
    for number in range(min(people, 5)):
        Invitation.objects.create(
            organization=practice,
            email=f"n{number}-{sites}@clinic.example",
            made_by=owner,
            token_digest=f"{sites}-{number}",
            made_at=clock.now(),
            expires_at=clock.now() + timedelta(days=1),
        ).clinics.set(clinics[:3])


def test_forty_sites_and_two_hundred_people_cost_as_many_statements_as_one(
    owner, practice, django_assert_max_num_queries
):
    client, counted = signed_in(owner), []
    _large(practice, owner, 1, 3)
    pages = [
        url("team-of", practice.pk),
        url("invite", practice.pk),
        url("member", practice.pk, of(owner, practice).pk),
    ]
    client.get(pages[0])  # the session is written once
    for sites, people in ((0, 0), (39, 197)):
        if sites:
            _large(practice, owner, sites, people)
        counts = []
        for page in pages:
            with django_assert_max_num_queries(19) as statements:
                assert client.get(page).status_code == 200
            counts.append(len(statements))
        counted.append(counts)
    assert counted[0] == counted[1]
    page = text(client.get(pages[0]))
    assert page.count('<th scope="row">') == 28  # twenty people, eight invitations
    assert "Page 1 of" in page
