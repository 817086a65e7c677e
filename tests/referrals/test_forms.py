"""The questions of a request, and what people type into them."""

import re

import pytest
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from directory.models import Clinic
from directory.vocabulary import Fact
from referrals import consent, forms, phones
from referrals.answers import RATHER_TELL
from referrals.forms import ConsentForm, MessageForm, ReachForm, WantForm, WhoForm
from tests import build


def _who(**changes):
    return WhoForm({"for_whom": "me", "call_me": "Sam", "adult": "yes", **changes})


def _reach(**changes):
    return ReachForm({"phone": "303-555-0142", "language": "en", **changes})


def _errors(form):
    return {name: list(errors) for name, errors in form.errors.items()}


@pytest.mark.once
class TestWho:
    def test_nothing_answered_names_each_question(self):
        assert _errors(WhoForm({})) == {
            "for_whom": ["Choose who this is for"],
            "call_me": ["Enter what the clinic should call you"],
            "adult": ["Say if you are 18 or over"],
        }

    @pytest.mark.parametrize(
        "name",
        [
            "O'Brien",
            "Nuñez",
            "李",
            "Ж",
            "مريم",
            "x" * 80,
            "<script>alert(1)</script>",
            "=cmd()",
            "{{7*7}}",
            "${jndi:ldap://x}",
            "\U0001f642",
        ],
    )
    def test_a_name_in_any_script_is_text(self, name):
        form = _who(call_me=name)
        assert form.is_valid()
        assert form.cleaned_data["call_me"] == name

    @pytest.mark.parametrize("name", ["", "   ", "\t\n", "\u200b\u200d", "\x01\x02"])
    def test_what_nobody_can_see_is_no_name(self, name):
        assert _errors(_who(call_me=name)) == {"call_me": ["Enter what the clinic should call you"]}

    def test_a_name_is_one_line(self):
        form = _who(call_me="  Sam\r\nBcc:\tx  ")
        assert form.is_valid()
        assert form.cleaned_data["call_me"] == "Sam Bcc: x"

    @pytest.mark.parametrize("length", [81, 300, 1_000_000])
    def test_a_name_has_at_most_eighty_characters(self, length):
        assert _errors(_who(call_me="x" * length)) == {"call_me": ["Use 80 characters or fewer"]}

    def test_a_nul_is_refused(self):
        assert "call_me" in _who(call_me="Sam\x00").errors

    def test_being_under_18_is_no_error(self):
        form = _who(adult="no")
        assert form.is_valid()
        assert form.cleaned_data["adult"] is False

    @pytest.mark.parametrize("word", ["true", "YES", "1", "on", ""])
    def test_only_the_two_answers_count(self, word):
        assert _errors(_who(adult=word)) == {"adult": ["Say if you are 18 or over"]}


@pytest.mark.once
class TestReach:
    def test_one_way_is_needed(self):
        form = _reach(phone="", email="  ")
        assert _errors(form) == {"phone": ["Pick at least one: a phone number or an e-mail address"]}

    def test_a_wrong_way_is_named_and_not_called_missing(self):
        assert set(_reach(phone="", email="sam@").errors) == {"email"}

    @pytest.mark.parametrize(
        ("text", "number"),
        [
            ("303-555-0142", "+13035550142"),
            ("(303) 555 0142", "+13035550142"),
            ("+1 303 555 0142", "+13035550142"),
            ("1.303.555.0142", "+13035550142"),
            ("３０３５５５０１４２", "+13035550142"),
            ("671-555-0101", "+16715550101"),
            ("787-555-0101", "+17875550101"),
            ("+44 20 7946 0958", "+442079460958"),
            ("1-800-FLOWERS", "+18003569377"),
        ],
    )
    def test_a_number_as_people_write_it_becomes_e164(self, text, number):
        form = _reach(phone=text)
        assert form.is_valid()
        assert (form.cleaned_data["phone"], form.cleaned_data["phone_extension"]) == (number, "")

    @pytest.mark.parametrize(
        "text", ["303-555-0142 ext. 12", "303 555 0142x12", "(303) 555-0142 extension 12"]
    )
    def test_an_extension_is_kept_beside_it(self, text):
        form = _reach(phone=text)
        assert form.is_valid()
        assert (form.cleaned_data["phone"], form.cleaned_data["phone_extension"]) == ("+13035550142", "12")

    @pytest.mark.parametrize("text", ["911", "988", "9-8-8", "１９８８"[1:], "1-988", "+1 911", "112"])
    def test_an_emergency_number_brings_the_crisis_line(self, text):
        assert _errors(_reach(phone=text)) == {"phone": [forms.EMERGENCY_NUMBER_NOTICE]}
        assert "988" in forms.EMERGENCY_NUMBER_NOTICE

    @pytest.mark.parametrize(
        "text",
        ["900-555-0199", "1-900-555-0199", "abc", "12", "411", "5550142", "1234567890", "+", "x" * 50, "🙂"],
    )
    def test_what_cannot_be_called_is_refused(self, text):
        errors = _errors(_reach(phone=text))
        assert errors == {"phone": ["Enter a phone number with area code, like 303-555-0142"]}

    @pytest.mark.parametrize("text", ["3" * 61, "3" * 1_000_000])
    def test_an_endless_number_is_refused(self, text):
        assert set(_reach(phone=text).errors) == {"phone"}

    @given(st.text(max_size=60))
    def test_any_text_is_a_number_or_an_error(self, text):
        form = _reach(phone=text, email="sam@patient.example")
        if form.is_valid() and form.cleaned_data["phone"]:
            assert phones.display(form.cleaned_data["phone"], form.cleaned_data["phone_extension"])

    @pytest.mark.parametrize(
        "address",
        [
            "sam@patient.example",
            "sam+tag@patient.example",
            "s@patient.museum",
            "o'brien@patient.example",
            "sam@bücher.example",
            f"{'x' * 64}@patient.example",
        ],
    )
    def test_an_address_is_taken(self, address):
        form = _reach(phone="", email=address)
        assert form.is_valid(), form.errors
        assert form.cleaned_data["email"] == address

    @pytest.mark.parametrize(
        "address",
        [
            "sam",
            "sam@",
            "@patient.example",
            '"x"@y',
            "a@b\nBcc:x@y.example",
            "a@b.example\r\nBcc: x@y.example",
            "a@b.example, c@d.example",
            f"{'x' * 65}@patient.example",
            f"x@{'a' * 60}.{'b' * 60}.{'c' * 60}.{'d' * 60}.{'e' * 20}.example",
            "x" * 1_000_000,
            "a\x00@b.example",
        ],
    )
    def test_an_address_that_is_none_is_refused(self, address):
        assert "email" in _reach(email=address).errors

    def test_permission_to_call_belongs_to_a_number(self):
        form = _reach(phone="", email="sam@patient.example", voicemail_ok="on", text_ok="on")
        assert form.is_valid()
        assert form.cleaned_data["voicemail_ok"] is form.cleaned_data["text_ok"] is False

    def test_who_leaves_only_a_phone_is_told_how_they_will_hear(self):
        form = _reach()
        assert form.is_valid()
        assert forms.phone_only(form.cleaned_data)
        assert not forms.phone_only({"phone": "+13035550142", "email": "sam@patient.example"})
        assert "private link" in forms.PHONE_ONLY_NOTICE

    @pytest.mark.parametrize("field", ["best_time", "language"])
    def test_choices_are_those_of_the_list(self, field):
        assert set(_reach(**{field: "xx"}).errors) == {field}


@pytest.mark.django_db
class TestWant:
    @pytest.fixture
    def clinic(self):
        return build.clinic(modalities=("esketamine", "iv"))

    def _post(self, clinic, **changes):
        data = QueryDict(mutable=True)
        for name, value in changes.items():
            data.setlist(name, value if isinstance(value, list) else [value])
        return WantForm(data, clinic=clinic)

    def test_nothing_needs_an_answer(self, clinic):
        form = self._post(clinic)
        assert form.is_valid()
        assert form.cleaned_data == {"topics": [], "modality": "", "insurance": "", "note": ""}

    def test_the_treatments_are_those_the_clinic_may_give_now(self, clinic):
        choices = [slug for slug, _ in self._post(clinic).fields["modality"].choices]
        assert choices == ["", "esketamine", "iv"]
        assert self._post(clinic, modality="oral").errors
        build.check(clinic, Fact.REMS, outcome="fails")
        assert self._post(clinic, modality="esketamine").errors

    def test_who_would_rather_tell_says_nothing_here(self, clinic):
        form = self._post(clinic, topics=["depression", RATHER_TELL])
        assert form.is_valid()
        assert form.cleaned_data["topics"] == [RATHER_TELL]

    def test_a_note_has_500_characters_counted_as_a_browser_does(self, clinic):
        assert self._post(clinic, note="x" * 500).is_valid()
        assert self._post(clinic, note="x\r\n" * 250).is_valid()
        assert self._post(clinic, note="x" * 501).errors == {"note": ["Use 500 characters or fewer"]}
        assert self._post(clinic, note="x" * 1_000_000).errors
        assert self._post(clinic, note="\x00").errors

    def test_unknown_words_are_refused(self, clinic):
        for field in ("topics", "insurance", "modality"):
            assert set(self._post(clinic, **{field: "xx"}).errors) == {field}


@pytest.mark.once
class TestNotes:
    @pytest.mark.parametrize(
        "text",
        [
            "I want to die",
            "i want to kill myself",
            "I don't want to live any more",
            "I dont want to be here",
            "thinking about SUICIDE",
            "suicidal thoughts",
            "I will end my life",
            "better off dead",
            "No reason to live",
            "I hurt myself",
            "self-harm",
            "I might overdose",
            "life isn't worth living",
            "I can't go on",
            "kms",
            "Quiero morir",
            "no quiero vivir",
            "Pienso en matarme",
            "quitarme la vida",
            "no quiero seguir viviendo",
            "hacerme daño",
            "sobredosis",
        ],
    )
    def test_words_of_a_crisis_are_heard(self, text):
        assert forms.sounds_like_crisis(text)
        assert forms.sounds_like_crisis(text.upper())

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "Mornings are best",
            "I have had depression for ten years",
            "My mother died last spring",
            "I live near the clinic",
            "Prefiero las mañanas",
            "Is there a deadline?",
            "I want to be here at nine",
            "My dog cut his paw",
        ],
    )
    def test_other_words_are_not(self, text):
        assert not forms.sounds_like_crisis(text)

    @pytest.mark.parametrize(
        "text",
        [
            "my ssn is 123-45-6789",
            "123 45 6789",
            "123456789",
            "card 4111 1111 1111 1111",
            "4111111111111111",
            "３７８２８２２４６３１０００５",
        ],
    )
    def test_a_number_better_kept_out_is_noticed(self, text):
        assert forms.holds_identity_number(text)

    @pytest.mark.parametrize(
        "text", ["", "call 303-555-0142", "80202", "4111 1111 1111 1112", "since 2019-2021", "80202-1234"]
    )
    def test_other_numbers_are_not(self, text):
        assert not forms.holds_identity_number(text)

    @given(st.text(max_size=500))
    def test_any_text_gets_an_answer(self, text):
        assert forms.sounds_like_crisis(text) in (True, False)
        assert forms.holds_identity_number(text) in (True, False)


@pytest.mark.once
class TestPhones:
    def test_a_number_is_shown_as_people_write_it(self):
        assert phones.display("+13035550142") == "303-555-0142"
        assert phones.display("+13035550142", "12") == "303-555-0142 ext. 12"
        assert phones.display("+442079460958") == "+44 20 7946 0958"


CONSENT = {"name": "High Plains Example Clinic"}


@pytest.mark.once
class TestConsent:
    def test_it_names_the_clinic_and_says_what_the_law_asks_for(self):
        words = "\n".join(consent.text(Clinic(**CONSENT)).words)
        for needed in (
            "High Plains Example Clinic",
            "Nobody else gets them",
            "an appointment",
            "no medical advice",
            "Nobody here watches",
            "call 911",
            "988",
            "not a prescription",
            "does not promise",
            "your choice",
            "your care stays the same",
            "only if you ticked",
            "90 days after",
            "backups",
            "can last a few days longer",
            "take the request back",
            "may keep",
            "own privacy notice",
            "do not sell",
            "ads",
            "18 or over",
            "pays us",
            "near first",
            "exclusion list",
            "we leave the clinic out",
            "do not own",
        ):
            assert needed in words, needed

    def test_the_digest_is_of_the_very_words_and_their_version(self):
        one, other = consent.text(Clinic(**CONSENT)), consent.text(Clinic(name="Another"))
        assert one == consent.text(Clinic(**CONSENT))
        assert one.digest != other.digest
        assert len(one.digest) == 64

    def test_the_operator_may_shorten_how_long_data_are_kept_and_not_lengthen_it(self, settings):
        settings.PERSONAL_DATA_DAYS = 30
        assert "30 days after" in "\n".join(consent.text(Clinic(**CONSENT)).words)
        settings.PERSONAL_DATA_DAYS = 400
        assert "90 days after" in "\n".join(consent.text(Clinic(**CONSENT)).words)

    def test_it_reads_at_grade_eight_or_below(self):
        words = consent.text(Clinic(name="Plains Clinic")).words
        assert _grade(" ".join(words)) <= 8
        assert _grade(forms.PHONE_ONLY_NOTICE) <= 8

    def test_it_is_valid_for_the_words_that_hold_now_alone(self):
        clinic = Clinic(**CONSENT)
        digest = consent.text(clinic).digest
        assert ConsentForm({"agree": "on", "words": digest}, clinic=clinic).is_valid()
        unticked = ConsentForm({"words": digest}, clinic=clinic)
        assert _errors(unticked) == {"agree": ["Tick the box if you agree to send this"]}

    @pytest.mark.parametrize("words", ["", "0" * 64, None])
    def test_agreeing_to_older_words_is_asked_again_with_the_box_empty(self, words):
        clinic = Clinic(**CONSENT)
        data = QueryDict(mutable=True)
        data.update({"agree": "on"} if words is None else {"agree": "on", "words": words})
        form = ConsentForm(data, clinic=clinic)
        assert _errors(form) == {"agree": ["What you agree to has changed. Read it again, then tick the box"]}
        assert form["words"].value() == consent.text(clinic).digest
        assert "checked" not in str(form["agree"])

    def test_it_starts_unticked(self):
        form = ConsentForm(clinic=Clinic(**CONSENT))
        assert "checked" not in str(form["agree"])
        assert form.fields["agree"].label == "I agree to send this to High Plains Example Clinic"


@pytest.mark.once
def test_a_message_is_written_and_not_endless():
    assert MessageForm({"text": "Mondays\r\nor Tuesdays"}).is_valid()
    assert _errors(MessageForm({"text": "  "})) == {"text": ["Write an answer first"]}
    assert _errors(MessageForm({"text": "x" * 1001})) == {"text": ["Use 1,000 characters or fewer"]}


@pytest.mark.once
def test_no_browser_check_stands_before_ours():
    assert "required" not in str(WhoForm()["call_me"])


def _grade(text):
    """Flesch-Kincaid grade level, with syllables counted as groups of vowels."""
    sentences = len(re.findall(r"[.:?!]", text))
    words = re.findall(r"[A-Za-z']+", text)
    syllables = sum(max(1, len(re.findall(r"[aeiouy]+", re.sub(r"e$", "", word.lower())))) for word in words)
    return 0.39 * len(words) / sentences + 11.8 * syllables / len(words) - 15.59
