"""What somebody may type, paste or send into the pages of a listing: each bad value is named, and nothing is lost.

security.md section 5, the rows of the listing editor.
"""

import pytest

from directory.models import BoardLicense, Case, Clinic, NppesRecord, ProposedChange
from directory.registries.licenses import number_key
from tests import build
from tests.portal.listing_forms import clinician, contact, page, save, treatments
from tests.portal.reading_pages import main, title

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("gazetteer")]


@pytest.fixture
def manager(client, owner, clinic):
    client.force_login(owner)
    return client


@pytest.fixture
def candidate(owner, clinic):
    return build.clinic(owner=owner, organization=clinic.organization, listed=False, claimed=True)


def named(answer, words: str) -> None:
    """The page says what is wrong, in its summary and its title, and is no success."""
    assert answer.status_code == 422
    assert words in main(answer)
    assert title(answer).startswith("Error: ")


# --- markup ------------------------------------------------------------------------------------

MARKUP = [
    "<script>alert(1)</script>",
    "<svg/onload=alert(1)>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<img src=x onerror=alert(1)>",
    "{{ 7*191 }}{% debug %}${jndi:ldap://x}",
    "</dd></dl><form action=//evil.example>",
]


@pytest.mark.parametrize("typed", MARKUP)
def test_markup_is_text_on_every_page_that_shows_it(manager, clinic, verifier, client, typed):
    """Where the gate does not hold it, it is shown as it was typed; it is never markup."""
    Clinic.objects.filter(pk=clinic.pk).update(cost=typed, first_visit=typed)
    save(manager, clinic, "patients", cannot_treat=typed, age_groups=["adult"])
    pages = [
        manager.get(f"/clinic/{clinic.slug}/"),
        manager.get(page(clinic, "preview") + "?waiting=1"),
        manager.get(page(clinic, "edit", "cost")),
        manager.get(page(clinic, "edit", "patients")),
        manager.get(page(clinic, "history")),
    ]
    client.force_login(verifier)
    pages += [client.get(f"/staff/cases/{case.pk}/") for case in Case.objects.all()]
    for answer in pages:
        assert answer.status_code == 200
        sent = answer.content.decode()
        for raw in ("<script>alert", "<svg/onload", "<mglyph", "<img", "1337", "<form action=//"):
            assert raw not in sent, answer.wsgi_request.path


# --- web addresses -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "javascript:alert(1)",
        "JaVaScRiPt://clinic.example/%0aalert(1)",
        "data:text/html,<script>alert(1)</script>",
        "//evil.example/",
        "https://clinic.example@evil.example/",
        "https://clіnic.example/",
        "https://xn--clnic-wva.example/",
        "https://clinic.example:8443/",
        "https://evil.example\\@clinic.example/",
        "ftp://clinic.example/",
        "https://localhost/",
        "https://",
        "https://clinic.example/\u202e",
        "http://clinic .example/",
        "https://clinic.example/" + "x" * 200,
    ],
)
def test_an_address_that_is_no_plain_web_page_is_named(manager, clinic, typed):
    answer = save(manager, clinic, "contact", **contact(line1=clinic.line1, website=typed))
    assert answer.status_code == 422
    assert "Website" in main(answer)
    assert not ProposedChange.objects.exists()
    assert Clinic.objects.get().website == "https://clinic.example/"


@pytest.mark.parametrize(
    "typed",
    [
        "https://clinic.example.evil.example/",
        "https://evil.example/",
        "https://bit.ly/x",
        "evil.example/shop",
    ],
)
def test_another_domain_waits_for_a_person_and_is_not_linked_to(manager, clinic, typed):
    assert save(manager, clinic, "contact", **contact(line1=clinic.line1, website=typed)).status_code == 302
    assert ProposedChange.objects.open().get().values["website"].startswith("https://")
    assert "evil.example" not in manager.get(f"/clinic/{clinic.slug}/").content.decode()


def test_another_domain_of_a_candidate_is_not_linked_to(manager, candidate):
    save(manager, candidate, "contact", **contact(line1=candidate.line1, website="https://evil.example/"))
    assert "evil.example" not in manager.get(page(candidate, "preview")).content.decode()


# --- names -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed",
    [
        "High Pl\u200bains Clinic",
        "High \u202ePlains Clinic",
        "High Рlains Clinic",
        "Hіgh Plains",
        "Clinic\u00adCare",
    ],
)
def test_letters_that_cannot_be_seen_or_only_look_alike_are_named(manager, clinic, typed):
    answer = save(manager, clinic, "contact", **contact(line1=clinic.line1, name=typed))
    named(answer, "Type this again with plain letters")
    assert not ProposedChange.objects.exists()


def test_a_name_like_that_of_another_clinic_waits_with_a_warning(manager, clinic):
    build.clinic(name="Bluebird Example Care")
    save(manager, clinic, "contact", **contact(line1=clinic.line1, name="B1uebird Examp1e Care"))
    assert ProposedChange.objects.get().findings == ["name-like-another"]
    assert Clinic.objects.get(pk=clinic.pk).name == clinic.name


@pytest.mark.parametrize("typed", ["O'Brien Care", "Nuñez Clinic", "李 Clinic", "=cmd()", "X"])
def test_honest_names_are_taken_as_they_are(manager, candidate, typed):
    assert (
        save(manager, candidate, "contact", **contact(line1=candidate.line1, name=typed)).status_code == 302
    )
    assert Clinic.objects.get(pk=candidate.pk).name == typed


# --- limits ------------------------------------------------------------------------------------

LIMITS = [
    ("contact", "name", 160),
    ("contact", "line1", 120),
    ("contact", "line2", 120),
    ("contact", "city", 80),
    ("first-visit", "first_visit", 1000),
    ("cost", "cost", 1000),
    ("patients", "cannot_treat", 1000),
    ("hours", "hours", 500),
]


@pytest.mark.parametrize(("section", "field", "most"), LIMITS, ids=[field for _, field, _ in LIMITS])
def test_a_text_fits_at_its_limit_and_is_kept_in_the_form_beyond(manager, candidate, section, field, most):
    typed = contact(line1=candidate.line1) if section == "contact" else {}
    at_limit = ("7 abcde fghij " * 80)[: most - 1] + "x"
    assert save(manager, candidate, section, **{**typed, field: at_limit}).status_code == 302
    assert getattr(Clinic.objects.get(pk=candidate.pk), field) == at_limit
    answer = save(manager, candidate, section, **{**typed, field: at_limit + "y"})
    named(answer, f"Use {most:,} characters or fewer")
    assert at_limit + "y" in answer.content.decode()


@pytest.mark.parametrize(
    ("section", "field"), [("contact", "name"), ("cost", "cost"), ("hours", "d0_opens_1")]
)
def test_half_a_megabyte_is_answered_in_the_same_way(manager, clinic, section, field):
    typed = contact(line1=clinic.line1) if section == "contact" else {}
    assert save(manager, clinic, section, **{**typed, field: "word " * 100_000}).status_code == 422


def test_more_than_a_megabyte_is_too_much(manager, clinic):
    assert save(manager, clinic, "cost", "", cost="x" * 1_500_000).status_code == 413


@pytest.mark.parametrize("section", ["contact", "first-visit", "cost", "patients", "hours", "people"])
def test_a_null_is_no_text(manager, clinic, section):
    for typed in (
        {"name": "a\x00b"},
        {"cost": "\x00"},
        {"hours": "\x00"},
        {"first_visit": "\x00", "do": "add"},
    ):
        assert save(manager, clinic, section, "", **typed).status_code in (400, 422)


def test_line_breaks_count_once(manager, clinic):
    assert (
        save(manager, clinic, "cost", cost="yes " * 124 + "now\r\n" + "yes " * 124 + "then").status_code
        == 302
    )
    assert "now\nyes" in Clinic.objects.get().cost


# --- required, and outside the list ------------------------------------------------------------


@pytest.mark.parametrize("typed", ["", "   ", "\u200b"])
def test_what_is_needed_is_asked_for(manager, clinic, typed):
    needed = ("name", "line1", "city", "state", "zip", "phone")
    answer = save(manager, clinic, "contact", **contact() | dict.fromkeys(needed, typed))
    assert answer.status_code == 422
    assert answer.content.decode().count('class="field-error"') == len(needed)
    assert Clinic.objects.get().phone == "+13035550101"


@pytest.mark.parametrize("phone", ["911", "988", "900-555-0142", "+44 20 7946 0958", "call us", "3" * 61])
def test_a_phone_that_patients_cannot_call_is_named(manager, clinic, phone):
    named(
        save(manager, clinic, "contact", **contact(line1=clinic.line1, phone=phone)),
        "Enter a US phone number",
    )


@pytest.mark.parametrize(
    ("section", "typed"),
    [
        ("cost", {"insurance": ["gold"]}),
        ("patients", {"age_groups": ["child"]}),
        ("languages", {"languages": ["xx"]}),
        ("access", {"access": ["heliport"]}),
        ("new-patients", {"accepting_new_patients": "maybe"}),
        ("new-patients", {}),
        ("requests", {"takes_requests": "maybe"}),
        ("emergency", {"emergency_plan": "yes"}),
        ("treatments", {}),
        ("treatments", {"mail-offered": "on"}),
        ("treatments", treatments("iv", monitoring_minutes="-1")),
        ("treatments", treatments("iv", monitoring_minutes="1441")),
        ("treatments", treatments("iv", monitoring_minutes="two hours")),
        ("treatments", treatments("iv", monitoring_minutes="9" * 400)),
        ("treatments", treatments("iv", pulse_oximetry="perhaps")),
    ],
)
def test_what_is_not_on_the_list_is_named(manager, clinic, section, typed):
    answer = save(manager, clinic, section, **typed)
    assert answer.status_code == 422
    assert "There is a problem" in main(answer)
    assert not ProposedChange.objects.exists()
    assert not clinic.edits.exists()


# --- hours and prices --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"d0_opens_1": "25:00", "d0_closes_1": "26:00"}, "Enter a time like 9:00 or 1:30 PM"),
        ({"d0_opens_1": "09:00", "d0_closes_1": "24:00"}, "Enter a time like 9:00 or 1:30 PM"),
        ({"d0_opens_1": "09:60", "d0_closes_1": "10:00"}, "Enter a time like 9:00 or 1:30 PM"),
        ({"d0_opens_1": "late", "d0_closes_1": "10:00"}, "Enter a time like 9:00 or 1:30 PM"),
        ({"d6_opens_1": "x" * 21, "d6_closes_1": "10:00"}, "Enter a time like 9:00 or 1:30 PM"),
        ({"d1_opens_1": "17:00", "d1_closes_1": "09:00"}, "Tuesday: it closes before it opens"),
        ({"d1_opens_1": "22:00", "d1_closes_1": "02:00"}, "Hours do not run past midnight"),
        ({"d2_opens_1": "09:00"}, "Enter both: when it opens and when it closes"),
        (
            {"d2_opens_1": "9:00", "d2_closes_1": "12:00", "d2_opens_2": "11:00", "d2_closes_2": "5 pm"},
            "Wednesday: these hours overlap",
        ),
    ],
)
def test_hours_that_cannot_be_are_named_by_their_day(manager, clinic, typed, said):
    answer = save(manager, clinic, "hours", **typed)
    named(answer, said)
    assert Clinic.objects.get().opening_hours == []
    assert all(value in answer.content.decode() for value in typed.values())


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("9", "09:00"), ("9:30am", "09:30"), ("12 AM", "00:00"), ("0:00", "00:00"), ("９:05", "09:05")],
)
def test_times_are_read_as_people_write_them(manager, clinic, typed, kept):
    save(manager, clinic, "hours", d0_opens_1=typed, d0_closes_1="11:59 p.m.")
    assert Clinic.objects.get().opening_hours == [{"day": 0, "opens": kept, "closes": "23:59"}]


@pytest.mark.parametrize(
    "typed",
    [
        "-1",
        "1e12",
        "1,000.00 USD",
        "400.50",
        "10,00",
        "four hundred",
        "€400",
        "400-600",
        "999999999",
        "NaN",
        "9" * 400,
    ],
)
def test_a_price_that_is_no_whole_number_of_dollars_is_named(manager, clinic, typed):
    answer = save(manager, clinic, "cost", price_low=typed)
    assert answer.status_code == 422
    assert "Enter whole US dollars" in main(answer) or "Enter at most $100,000" in main(answer)
    assert Clinic.objects.get().price_low is None


@pytest.mark.parametrize(
    ("typed", "kept"),
    [("400", 400), ("$1000", 1000), (" 1,000 ", 1000), ("100,000", 100_000), ("0", 0), ("４００", 400)],
)
def test_a_price_is_read_as_people_write_it(manager, clinic, typed, kept):
    assert save(manager, clinic, "cost", price_low=typed).status_code == 302
    assert Clinic.objects.get().price_low == kept


def test_the_highest_price_is_not_below_the_lowest(manager, clinic):
    named(
        save(manager, clinic, "cost", price_low="500", price_high="400"),
        "The highest price is below the lowest",
    )


# --- licenses ----------------------------------------------------------------------------------


@pytest.fixture
def another(db):
    """Somebody else with a license and an NPI that we know of."""
    person = build.practitioner(last_name="Other")
    build.license(person, authority="Colorado Board of Nursing", number="APN.0001234")
    return person


def test_a_license_of_somebody_else_is_named(manager, clinic, another):
    named(
        save(manager, clinic, "people", **clinician()),
        "This license number belongs to somebody with another name",
    )


def test_an_npi_of_somebody_else_is_named(manager, clinic, another):
    answer = save(manager, clinic, "people", **clinician(clinician_npi=another.npi, license_number="1"))
    named(answer, "This NPI belongs to somebody with another name")


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"license_state": "TX"}, "Enter the license for the state where the clinic is"),
        ({"license_expires": "2020-01-31"}, "This license has ended"),
        ({"license_expires": "2999-01-31"}, "Enter a day between 1950 and 2100"),
        ({"license_expires": "tomorrow"}, "Enter a day like 2027-04-30"),
        ({"clinician_npi": "1234567890"}, "One of these is mistyped"),
        ({"clinician_last_name": "Order on t.me/seller"}, "and nothing else"),
        ({"license_board": "Buy ketamine online"}, "and nothing else"),
        ({"clinician_last_name": "x" * 61}, "Use 60 characters or fewer"),
        ({"license_number": "1" * 41}, "Use 40 characters or fewer"),
        ({"license_board": ""}, "Enter this"),
        ({"license_number": ""}, "Enter this"),
    ],
)
def test_what_does_not_fit_a_license_is_named_and_nobody_is_added(manager, clinic, typed, said):
    named(save(manager, clinic, "people", **clinician(**typed)), said)
    assert not clinic.practitioners.exists()
    assert not ProposedChange.objects.exists()


def test_nobody_writes_a_license_down_for_a_clinician_of_another_practice(manager, clinic, another):
    elsewhere = build.clinic()
    elsewhere.practitioners.add(another)
    typed = clinician(clinician_npi=another.npi, clinician_last_name="Other", license_number="APN.9")
    named(save(manager, clinic, "people", **typed), "We have this clinician with another license")
    assert another.licenses.count() == 1
    typed["license_number"] = "APN.0001234"
    assert save(manager, clinic, "people", **typed).status_code == 302


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"name": "Sample", "deactivated_on": "2024-01-01"}, "The federal registry has turned this NPI off"),
        ({"name": "Else"}, "This NPI belongs to somebody with another name"),
    ],
)
def test_an_npi_that_the_registry_turned_off_or_gave_to_another_is_named(manager, clinic, row, said):
    number = build.practitioner().npi
    build.Practitioner.objects.filter(npi=number).delete()
    NppesRecord.objects.create(npi=number, entity_type=1, first_name="Bea", **row)
    named(save(manager, clinic, "people", **clinician(clinician_npi=number)), said)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"last_name": "Sample", "status": "expired"}, "this license is not active"),
        (
            {"last_name": "Else", "status": "active"},
            "This license number belongs to somebody with another name",
        ),
    ],
)
def test_a_license_that_the_board_ended_or_gave_to_another_is_named(manager, clinic, row, said):
    BoardLicense.objects.create(
        key="x", board="x", authority="Colorado Board of Nursing", state="CO", number="APN.0001234",
        number_key=number_key("APN.0001234"), first_name="Bea", **row,
    )  # fmt: skip
    named(save(manager, clinic, "people", **clinician()), said)
