""" "Do not list us": kept once, known again however the clinic comes, and taken back by the clinic or the staff."""

from io import StringIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.test import Client

from accounts.models import AuditEvent, Membership
from directory import closing, listings, npi, opt_outs
from directory.casework import cases
from directory.intake import candidates
from directory.models import Case, Clinic, NppesRecord, OptOut
from directory.refusals import NotAllowed, WrongState
from tests import build
from tests.a_candidate import another, cells, file, values

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]

GROUP_NPI = npi.with_check_digit("290000777")
PHONE = "+13035550142"
PLACE = {"name": "Juniper Example Psychiatry", "line1": "12 Example Street", "zip": "80202", "phone": PHONE}


@pytest.fixture
def practice(db):
    return build.organization(npi=GROUP_NPI)


@pytest.fixture
def gone(practice, staff):
    """A clinic that was listed, and asked not to be."""
    clinic = build.clinic(organization=practice, modalities=("iv",), **PLACE)
    closing.take_down(clinic=clinic, by=staff, never_again=True)
    return clinic


def knows(**overrides) -> bool:
    return bool(opt_outs.standing_for([values(**overrides)]))


def elsewhere(**overrides):
    """Values that share nothing with the clinic."""
    plain = {"name": "Maple Example", "line1": "900 Sample Avenue", "zip": "80301", "phone": "+13035550177"}
    return {**plain, **overrides}


# --- how it is known again -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "same",
    [
        {"organization_npi": GROUP_NPI, "line1": "12 EXAMPLE ST., SUITE 9"},
        {"organization_npi": GROUP_NPI, "zip": "80202"},
        {"phone": PHONE},
        {"name": "The JUNIPER Example Psychiatry, LLC", "zip": "80202"},
        {"name": "Juniper Éxample Psychiatry", "zip": "80202"},
    ],
)
def test_it_is_known_by_npi_with_its_place_by_phone_or_by_name_and_zip(gone, same):
    assert knows(**elsewhere(**same))


@pytest.mark.parametrize(
    "other",
    [
        {},
        {"line1": "12 Example Street", "zip": "80202"},
        {"organization_npi": GROUP_NPI},
        {"organization_npi": GROUP_NPI, "phone": PHONE},
        {"name": "Juniper Example Psychiatry"},
        {"zip": "80202"},
    ],
)
def test_another_clinic_in_the_house_or_another_site_of_the_practice_is_not_meant(gone, other):
    assert not knows(**elsewhere(**other))


def test_a_wish_for_the_whole_practice_holds_for_every_site_also_new_ones(practice, staff):
    first, second = build.many([{"organization": practice, "zip": code} for code in ("80202", "80301")])
    closing.take_down(clinic=first, by=staff, never_again=True, whole_organization=True)
    assert knows(**elsewhere(organization_npi=GROUP_NPI, zip="99501"))
    assert knows(**elsewhere(name=second.name, zip="80301"))
    assert set(Clinic.objects.values_list("status", flat=True)) == {"closed"}


def test_a_name_without_latin_letters_is_known_too(practice, staff):
    clinic = build.clinic(organization=practice, **{**PLACE, "name": "李診所"})
    closing.take_down(clinic=clinic, by=staff, never_again=True)
    assert knows(**elsewhere(name="李診所", zip="80202"))
    assert not knows(**elsewhere(name="王診所", zip="80202"))


def test_many_candidates_are_asked_about_in_one_statement(gone, django_assert_num_queries):
    few = [values(**elsewhere(zip=f"{80000 + number}")) for number in range(3)]
    many = [values(**elsewhere(zip=f"{80000 + number}")) for number in range(900)]
    for some in ([values()], few, many):
        with django_assert_num_queries(1):
            opt_outs.standing_for(some)


# --- nothing comes back ----------------------------------------------------------------------------


def spelled_otherwise(**overrides):
    """The line of a file about the same clinic, as somebody else wrote it."""
    line = another(
        clinic_name="JUNIPER EXAMPLE PSYCHIATRY INC.",
        address="12 Example St.",
        address_2="Ste 4",
        phone="(303) 555-0188",
        organization_npi="",
    )
    return {**line, **overrides}


@pytest.fixture
def run(tmp_path, settings):
    settings.DATA_DIR = tmp_path

    def imported(*lines):
        path = tmp_path / "clinics.csv"
        path.write_bytes(file(*lines))
        out = StringIO()
        call_command("import_clinics", str(path), stdout=out, stderr=StringIO())
        return out.getvalue(), "".join(each.read_text() for each in tmp_path.rglob("*.csv") if each != path)

    return imported


def test_no_file_brings_it_back_and_the_report_says_why(gone, run):
    said, report = run(spelled_otherwise(), another())
    assert "1 candidates added" in said
    assert "1 asked not to be listed" in said
    assert "asked not to be listed: left out" in report
    assert candidates.waiting().count() == 1


def test_a_neighbour_with_a_phone_and_npi_of_its_own_comes_all_the_same(gone, run):
    run(another(clinic_name="Maple Example", address="12 Example Street", address_2="Suite 4", zip="80202"))
    assert candidates.waiting().get().name == "Maple Example"


def test_nppes_does_not_bring_it_back(practice, staff):
    clinic = build.clinic(organization=practice, **{**PLACE, "name": "Peak Ketamine"})
    closing.take_down(clinic=clinic, by=staff, never_again=True)
    for number, (street, phone) in enumerate([("99 OTHER ST", "3035550199"), ("5 NEW ST", "3035550198")]):
        NppesRecord.objects.create(
            npi=GROUP_NPI if number == 0 else npi.with_check_digit("290000778"),
            entity_type=2,
            name="PEAK KETAMINE LLC" if number == 0 else "VALLEY KETAMINE LLC",
            line1=street,
            city="DENVER",
            state="CO",
            zip="80202",
            phone=phone,
            taxonomies="2084P0800X",
        )
    out = StringIO()
    call_command("candidates_from_nppes", "--state", "CO", stdout=out)
    assert "1 asked not to be listed" in out.getvalue()
    assert [clinic.name for clinic in candidates.waiting()] == ["Valley Ketamine LLC"]


@pytest.mark.parametrize("origin", [Clinic.Origin.STAFF, Clinic.Origin.IMPORT, Clinic.Origin.NPPES])
def test_nobody_else_adds_it(gone, staff, origin):
    with pytest.raises(opt_outs.AskedNotToBeListed):
        candidates.add(by=staff, values=values(phone="+13035550188"), origin=origin)
    assert not candidates.waiting().exists()


def test_the_form_of_the_staff_says_so_and_keeps_what_was_typed(gone, staff, client):
    client.force_login(staff)
    typed = cells(clinic_name="Juniper Psychiatry Example", organization_npi="", address="12 Example Ste 4")
    answer = client.post("/staff/candidates/new/", {**typed, "modalities": ["iv"]})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "This clinic asked not to be listed." in page
    assert 'value="Juniper Psychiatry Example"' in page


def test_a_file_on_the_page_of_the_staff_names_the_rows_that_are_left_out(
    gone, staff, client, settings, tmp_path
):
    settings.DATA_DIR = tmp_path
    client.force_login(staff)
    sent = SimpleUploadedFile("a.csv", file(spelled_otherwise(), another()), "text/csv")
    where = client.post("/staff/candidates/file/", {"file": sent})["Location"]
    assert "Asked not to be listed" in client.get(where).content.decode()
    assert "1 asked not to be listed." in client.post(where, follow=True).content.decode()


def test_it_cannot_be_listed_while_the_wish_stands(verifier, second_verifier):
    clinic = build.clinic(listed=False, modalities=("iv",), submitted_by=verifier)
    opt_outs.keep(clinic=clinic, by=verifier)
    Clinic.objects.filter(pk=clinic.pk).update(submitted_by=verifier)
    with pytest.raises(opt_outs.AskedNotToBeListed):
        listings.publish(clinic=clinic, by=second_verifier)
    opt_outs.lift(opt_out=clinic.opt_outs.get(), by=verifier)
    assert listings.publish(clinic=clinic, by=second_verifier).status == "listed"


def test_nor_can_a_copy_of_it_but_a_sister_site_with_the_same_phone_can(
    gone, practice, verifier, second_verifier
):
    copy = build.clinic(listed=False, modalities=("iv",), submitted_by=verifier, phone=PHONE)
    sister = build.clinic(
        listed=False,
        modalities=("iv",),
        submitted_by=verifier,
        phone=PHONE,
        organization=practice,
        zip="80301",
    )
    with pytest.raises(opt_outs.AskedNotToBeListed):
        listings.publish(clinic=copy, by=second_verifier)
    assert listings.publish(clinic=sister, by=second_verifier).status == "listed"


def test_a_hidden_one_does_not_return_either(verifier, practice, gone):
    copy = build.clinic(modalities=("iv",), phone=PHONE)
    listings.suspend(clinic=copy, reason="clinic-asked", by=verifier)
    with pytest.raises(opt_outs.AskedNotToBeListed):
        listings.reinstate(clinic=copy, by=verifier)


# --- keeping and taking back -----------------------------------------------------------------------


def test_a_candidate_leaves_the_lists_of_the_staff_and_comes_back_when_it_is_lifted(staff):
    clinic = candidates.add(by=staff, values=values(), origin=Clinic.Origin.STAFF)
    wish = opt_outs.keep(clinic=clinic, by=staff)
    assert not candidates.waiting().exists()
    assert not clinic.cases.open().exists()
    assert clinic.cases.get().outcome == opt_outs.OUTCOME
    opt_outs.lift(opt_out=wish, by=staff)
    assert candidates.waiting().get() == clinic
    assert [case.kind for case in clinic.cases.open()] == [Case.Kind.NEW]


def test_who_asked_for_removal_still_waits_when_a_candidate_is_dropped(staff):
    clinic = candidates.add(by=staff, values=values(), origin=Clinic.Origin.STAFF)
    cases.open_case(clinic=clinic, kind=Case.Kind.REMOVAL)
    opt_outs.keep(clinic=clinic, by=staff)
    assert [case.kind for case in clinic.cases.open()] == [Case.Kind.REMOVAL]


def test_only_what_is_closed_or_was_never_listed_opts_out(clinic, staff):
    with pytest.raises(WrongState):
        opt_outs.keep(clinic=clinic, by=staff)
    listings.suspend(clinic=clinic, reason="clinic-asked", by=staff)
    with pytest.raises(WrongState):
        opt_outs.keep(clinic=clinic, by=staff)


def test_a_manager_keeps_and_lifts_it_and_nobody_else_of_a_clinic(clinic, owner, colleague, stranger):
    closing.take_down(clinic=clinic, by=owner, never_again=True)
    wish = clinic.opt_outs.get()
    for person in (colleague, stranger):
        with pytest.raises(NotAllowed):
            opt_outs.lift(opt_out=wish, by=person)
        with pytest.raises(NotAllowed):
            opt_outs.keep(clinic=clinic, by=person)
    opt_outs.lift(opt_out=wish, by=owner)
    assert not opt_outs.against(clinic)
    with pytest.raises(WrongState):
        opt_outs.lift(opt_out=wish, by=owner)


def test_a_manager_of_some_sites_alone_does_not_speak_for_the_whole_practice(clinic, owner):
    member = Membership.objects.get(user=owner, organization=clinic.organization)
    member.whole_organization = False
    member.save()
    member.sites.create(clinic=clinic)
    with pytest.raises(NotAllowed):
        closing.take_down(clinic=clinic, by=owner, never_again=True, whole_organization=True)
    closing.take_down(clinic=clinic, by=owner, never_again=True)
    assert Clinic.objects.get(pk=clinic.pk).status == "closed"


def test_asking_again_keeps_one_wish_and_a_wider_one_takes_its_place(gone, staff):
    opt_outs.keep(clinic=gone, by=staff)
    assert OptOut.objects.count() == 1
    opt_outs.keep(clinic=gone, by=staff, whole_organization=True)
    opt_outs.keep(clinic=gone, by=staff)
    assert OptOut.objects.get().whole_organization


def test_a_wish_of_the_whole_practice_is_taken_back_for_all_of_its_sites(practice, staff):
    clinics = build.many([{"organization": practice} for _ in range(3)])
    closing.take_down(clinic=clinics[0], by=staff, never_again=True, whole_organization=True)
    assert len(opt_outs.lift(opt_out=clinics[2].opt_outs.get(), by=staff)) == 3
    assert not OptOut.objects.standing().exists()


def test_the_trail_has_each_step(gone, staff):
    opt_outs.lift(opt_out=gone.opt_outs.get(), by=staff)
    trail = AuditEvent.objects.filter(object_type="opt-out").order_by("seq")
    assert [(event.action, event.actor) for event in trail] == [
        ("opt-out.made", f"user:{staff.pk}"),
        ("opt-out.lifted", f"user:{staff.pk}"),
    ]


# --- what the public sees --------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["clinic/{}/", "clinic/{}/checks/", "clinic/{}/remove/", "report/{}/"])
def test_its_pages_say_that_they_were_taken_down_and_do_not_name_it(gone, where):
    answer = Client().get("/" + where.format(gone.slug))
    page = answer.content.decode()
    assert answer.status_code == 410
    assert "This page was taken down" in page
    for word in (gone.name, gone.line1, gone.website, "303-555-0142"):
        assert word not in page


def test_machines_are_told_410_without_its_name(gone):
    answer = Client().get(f"/api/v1/clinics/{gone.slug}/")
    assert answer.status_code == 410
    assert gone.name not in answer.content.decode()


def test_a_clinic_that_was_closed_without_the_wish_is_still_named(clinic, staff):
    closing.take_down(clinic=clinic, by=staff)
    assert clinic.name in Client().get(f"/clinic/{clinic.slug}/").content.decode()
    assert not clinic.opt_outs.exists()


def test_a_clinic_that_went_on_as_one_that_opted_out_does_not_name_it(staff, practice):
    old, new = build.clinic(), build.clinic(name="Secret Successor Example", organization=practice)
    closing.close_clinic(clinic=old, reason="moved", by=staff, successor=new)
    assert new.name in Client().get(f"/clinic/{old.slug}/").content.decode()
    closing.take_down(clinic=new, by=staff, never_again=True)
    assert new.name not in Client().get(f"/clinic/{old.slug}/").content.decode()
