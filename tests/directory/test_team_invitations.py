"""An invitation: who may make it, what it says, and that it opens one door once."""

from datetime import timedelta

import pytest

from accounts import addresses
from accounts.models import AuditEvent, Membership, User
from directory import team
from directory.deciding import acts_for
from directory.models import Invitation
from directory.refusals import Incomplete, NotAllowed, WrongState
from directory.team import invitations, joining
from outbox import clock
from outbox.models import Delivery
from tests import build
from tests.a_team import at_sites, mail_to, of, token_of

pytestmark = pytest.mark.django_db
Role = Membership.Role
PASSWORD = "seven swans swim at dusk"


@pytest.fixture
def sites(owner, clinic):
    return [clinic, *build.many([{"owner": owner, "organization": clinic.organization} for _ in range(2)])]


@pytest.fixture
def practice(clinic):
    return clinic.organization


@pytest.fixture
def invite(owner, practice):
    """Invite somebody, by `owner` to the whole organization unless it is said otherwise."""

    def made(email="new@clinic.example", role=Role.STAFF, by=owner, **kwargs):
        where = kwargs or {"whole_organization": True}
        return team.invite(organization=practice, email=email, role=role, by=by, **where)

    return made


def actions():
    return list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))


def test_a_manager_invites_and_a_mail_goes_out_with_a_link_of_which_a_digest_is_kept(invite, settings):
    made = invite("  New@Clinic.example ", Role.MANAGER)
    mail = mail_to(made)
    assert (made.email, mail.to, mail.subject) == (
        "new@clinic.example",
        "new@clinic.example",
        "You are invited",
    )
    assert made.expires_at - made.made_at == timedelta(days=7)
    token = token_of(made)
    assert len(token) == 43
    assert f"{settings.SITE_URL}/join/{token}/" in mail.body
    stored = [
        str(value)
        for row in (*Invitation.objects.values(), *Delivery.objects.values())
        for value in row.values()
    ]
    assert not any(token in value for value in stored)
    assert joining.find(token) == made
    assert actions() == ["invitation.made"]


def test_the_mail_names_no_clinic_person_or_place(invite, clinic, owner):
    mail = mail_to(invite())
    for word in (
        clinic.name,
        clinic.organization.name,
        owner.name,
        owner.email,
        "clinic",
        "ketamine",
        "new@",
    ):
        assert word.lower() not in (mail.subject + mail.body).lower().replace("/join/", "")


def test_an_address_with_an_account_gets_the_same_mail_in_the_same_number_of_statements(
    invite, stranger, django_assert_max_num_queries
):
    invite("first@elsewhere.example")  # the trail begins
    with django_assert_max_num_queries(60) as first:
        unknown = invite("nobody@elsewhere.example")
    with django_assert_max_num_queries(60) as second:
        known = invite(stranger.email)
    assert len(first) == len(second)
    texts = [mail_to(each).body.replace(token_of(each), "TOKEN") for each in (unknown, known)]
    assert texts[0] == texts[1]


@pytest.mark.parametrize(
    "email", ["", "nobody", "a b@c.example", "a@b\nBcc: c@d.example", "a" * 250 + "@b.example"]
)
def test_what_is_no_address_is_refused(invite, email):
    with pytest.raises(Incomplete, match="email"):
        invite(email)
    assert not Invitation.objects.exists()


def test_a_role_or_a_site_that_is_not_there_is_refused(invite):
    with pytest.raises(Incomplete, match="role"):
        invite(role="king")
    for clinics in ([], [build.clinic()]):
        with pytest.raises(Incomplete, match="sites"):
            invite(clinics=clinics)


def test_a_manager_of_some_sites_invites_to_these_alone(invite, practice, sites):
    manager = at_sites(practice, *sites[:2])
    made = invite(by=manager.user, clinics=[sites[0]], role=Role.MANAGER)
    assert not made.whole_organization
    for more in ({"whole_organization": True}, {"clinics": sites}):
        with pytest.raises(NotAllowed):
            invite("more@clinic.example", by=manager.user, **more)


def test_a_new_invitation_replaces_the_open_one_to_the_same_address(invite):
    first, second = invite(), invite("NEW@clinic.example", Role.MANAGER)
    assert list(Invitation.objects.open()) == [second]
    assert mail_to(first) is None
    assert actions() == ["invitation.made", "invitation.revoked", "invitation.made"]


def test_a_manager_of_a_site_does_not_take_back_what_goes_further(invite, practice, sites):
    wide = invite()
    narrow = invite(by=at_sites(practice, sites[0]).user, clinics=[sites[0]])
    assert set(Invitation.objects.open()) == {wide, narrow}


def test_somebody_of_the_team_is_not_invited_again(invite, colleague):
    with pytest.raises(WrongState, match="member"):
        invite(colleague.email.upper())


def test_a_manager_of_a_site_does_not_learn_who_works_elsewhere(invite, practice, sites, colleague):
    manager = at_sites(practice, sites[0])
    assert invite(colleague.email, by=manager.user, clinics=[sites[0]])


def test_fifty_are_open_at_most_and_a_replaced_one_makes_room(invite, monkeypatch):
    monkeypatch.setattr(invitations, "MOST_OPEN", 2)
    invite("one@clinic.example")
    invite("two@clinic.example")
    invite("two@clinic.example")
    with pytest.raises(team.TooManyInvitations, match="open"):
        invite("three@clinic.example")


def test_an_address_gets_three_a_day_and_an_organization_sends_a_hundred(invite, practice, monkeypatch):
    for _ in range(3):
        invite()
    with pytest.raises(team.TooManyInvitations, match="today"):
        invite()
    monkeypatch.setattr(invitations, "MOST_A_DAY", 4)
    invite("another@clinic.example")
    with pytest.raises(team.TooManyInvitations, match="today"):
        invite("third@clinic.example")
    Invitation.objects.update(made_at=clock.now() - timedelta(days=2))
    assert invite("third@clinic.example")


def test_it_is_taken_back_by_who_may_give_it_while_it_is_open(invite, owner, practice, sites, colleague):
    made = invite(clinics=sites[:2])
    for by in (colleague, at_sites(practice, sites[0]).user, build.user(staff=True)):
        with pytest.raises(NotAllowed):
            team.revoke(invitation=made, by=by)
    team.revoke(invitation=made, by=at_sites(practice, *sites[:2]).user)
    with pytest.raises(WrongState, match="over"):
        team.revoke(invitation=made, by=owner)


def test_open_ones_are_shown_also_when_who_made_them_has_gone(invite, owner, practice, sites):
    second = build.member(practice)
    made = invite(by=second, clinics=[sites[0]])
    team.remove(membership=of(second, practice), by=owner)
    assert invitations.open_of(practice, team.rules.EVERY) == [made]
    assert joining.find(token_of(made)) == made


def test_the_address_is_forgotten_ninety_days_after_the_end(invite):
    names = ("used", "revoked", "expired", "open")
    used, revoked, expired, still = (invite(f"{name}@clinic.example") for name in names)
    long_ago, lately = clock.now() - timedelta(days=91), clock.now() - timedelta(days=89)
    ends = {
        used: lambda at: {"used_at": at, "used_by": used.made_by},
        revoked: lambda at: {"revoked_at": at},
        expired: lambda at: {"expires_at": at},
    }
    for at, left in ((lately, 4), (long_ago, 1)):
        for invitation, end in ends.items():
            Invitation.objects.filter(pk=invitation.pk).update(**end(at))
        invitations.forget_old()
        assert Invitation.objects.count() == left
    assert Invitation.objects.get() == still


# --- joining -------------------------------------------------------------------------------------


def test_somebody_with_an_account_joins_as_the_invitation_says(invite, sites, stranger, practice):
    made = invite(stranger.email, clinics=sites[:2])
    team.accept(token=token_of(made), user=stranger)
    assert [acts_for(stranger, site) for site in sites] == [True, True, False]
    assert of(stranger, practice).role == Role.STAFF
    assert actions() == ["invitation.made", "membership.added", "invitation.used"]
    made.refresh_from_db()
    assert made.used_by == stranger


def test_somebody_without_an_account_gets_one_whose_address_is_proved(invite, clinic, practice):
    membership = team.accept_as_new(token=token_of(invite()), name="Nora New", password=PASSWORD)
    user = User.objects.get(email="new@clinic.example")
    assert membership.user == user
    assert user.check_password(PASSWORD)
    assert user.name == "Nora New"
    assert user.emailaddress_set.get().verified
    assert acts_for(user, clinic)


def test_an_account_that_nobody_proved_does_not_stand_in_the_way(invite, practice):
    squatter = build.user("new@clinic.example", name="Squatter")
    squatter.emailaddress_set.create(email=squatter.email, verified=False)
    membership = team.accept_as_new(token=token_of(invite()), name="Nora New", password=PASSWORD)
    assert membership.user.name == "Nora New"


def test_a_new_account_is_not_made_for_an_address_that_has_one(invite, stranger):
    token = token_of(invite(stranger.email))
    with pytest.raises(WrongState, match="account"):
        team.accept_as_new(token=token, name="Eve", password=PASSWORD)
    assert joining.find(token)


def test_a_link_that_is_wrong_used_expired_or_taken_back_opens_nothing(invite, stranger, owner):
    used, revoked, expired = (invite(stranger.email if n == 0 else f"n{n}@b.example") for n in range(3))
    tokens = [token_of(each) for each in (used, revoked, expired)]
    team.accept(token=tokens[0], user=stranger)
    team.revoke(invitation=revoked, by=owner)
    Invitation.objects.filter(pk=expired.pk).update(expires_at=clock.now())
    for token in (*tokens, "", "x", "x" * 10_000, tokens[0][:-1], tokens[0] + "A"):
        with pytest.raises(team.NoInvitation):
            team.accept(token=token, user=stranger)
        with pytest.raises(team.NoInvitation):
            team.accept_as_new(token=token, name="Eve", password=PASSWORD)


def test_it_is_for_the_address_that_was_asked_alone_and_not_for_the_operators_staff(invite, stranger, staff):
    token = token_of(invite())
    with pytest.raises(NotAllowed):
        team.accept(token=token, user=stranger)
    with pytest.raises(NotAllowed):
        team.accept(token=token_of(invite(staff.email)), user=staff)
    assert joining.find(token)


def test_an_address_is_compared_without_regard_to_case(invite, clinic):
    User.objects.filter(pk=(user := build.user("mixed@clinic.example")).pk).update(
        email="Mixed@Clinic.example"
    )
    user.refresh_from_db()
    team.accept(token=token_of(invite("mixed@clinic.example")), user=user)
    assert acts_for(user, clinic)


def test_a_site_that_went_to_another_practice_is_left_out(invite, sites, stranger):
    made = invite(stranger.email, clinics=sites[:2])
    type(sites[0]).objects.filter(pk=sites[0].pk).update(organization=build.organization())
    team.accept(token=token_of(made), user=stranger)
    sites[0].refresh_from_db()
    assert [acts_for(stranger, site) for site in sites] == [False, True, False]


class TestSomebodyWhoIsThereAlready:
    def test_gets_more_sites(self, invite, practice, sites, owner):
        person = at_sites(practice, sites[0], role=Role.STAFF).user
        manager = at_sites(practice, sites[1]).user
        team.accept(token=token_of(invite(person.email, by=manager, clinics=[sites[1]])), user=person)
        assert [acts_for(person, site) for site in sites] == [True, True, False]
        assert actions()[-2:] == ["membership.widened", "invitation.used"]

    def test_gets_the_whole_organization(self, invite, practice, sites, owner):
        person = at_sites(practice, sites[0], role=Role.STAFF).user
        token = token_of(invite(person.email, by=at_sites(practice, sites[1]).user, clinics=[sites[1]]))
        Invitation.objects.update(whole_organization=True)
        team.accept(token=token, user=person)
        assert [acts_for(person, site) for site in sites] == [True] * 3
        assert not of(person, practice).sites.exists()

    def test_keeps_their_role_and_what_they_have(self, invite, practice, sites):
        person = at_sites(practice, sites[0], role=Role.STAFF).user
        manager = at_sites(practice, sites[1]).user
        token = token_of(invite(person.email, Role.MANAGER, by=manager, clinics=[sites[1]]))
        with pytest.raises(WrongState, match="other-role"):
            team.accept(token=token, user=person)
        Invitation.objects.get().clinics.set([sites[0]])
        with pytest.raises(WrongState, match="member"):
            team.accept(token=token, user=person)
        assert joining.find(token)


def test_the_link_still_opens_after_the_keys_of_the_site_were_rotated(invite, settings, stranger):
    made = invite()
    token = token_of(made)
    settings.PHI_KEYS = f"later:{'A' * 43}=,{settings.PHI_KEYS}"
    assert token_of(made) == token


def test_a_proved_address_stays_with_its_owner(invite, stranger):
    addresses.prove(user=stranger)
    team.accept(token=token_of(invite(stranger.email)), user=stranger)
    assert User.objects.get(email=stranger.email) == stranger
