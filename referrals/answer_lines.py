"""A request's answers as lines to read: before they are sent, and in the clinic's inbox."""

from dataclasses import dataclass

from directory.vocabulary import Insurance, Language, Modality
from referrals import phones
from referrals.answers import RATHER_TELL, Answers
from referrals.vocabulary import Topic

NOT_SURE = "Not sure"


@dataclass(frozen=True)
class AnswerLine:
    """`step` is the page of questions that changes it; `about` completes "Change …"."""

    label: str
    value: str
    step: int
    about: str


_PATIENTS_WORDS = {
    "me": "Me, 18 or over",
    "other": "Someone I care for. I am 18 or over",
    RATHER_TELL: "I would rather tell the clinic",
}
_CLINICS_WORDS = {
    "me": "The person who wrote, 18 or over",
    "other": "Someone they care for, whose age we did not ask. The person who wrote is 18 or over",
    RATHER_TELL: "They would rather tell you",
}


def lines(answers: Answers) -> list[AnswerLine]:
    """Everything that was answered, in the order of the questions, for the person who did."""
    call_me = AnswerLine("Call me", answers.call_me, 1, "what the clinic should call you")
    message = AnswerLine("Message", answers.note or "None", 3, "your message")
    whom, *others = _lines(answers, _PATIENTS_WORDS)
    return [whom, call_me, *others, message]


def lines_for_clinic(answers: Answers) -> list[AnswerLine]:
    """The same for the clinic, whose page shows name and message elsewhere."""
    return _lines(answers, _CLINICS_WORDS)


def _lines(answers: Answers, words: dict[str, str]) -> list[AnswerLine]:
    whom = AnswerLine("For", words.get(answers.for_whom, NOT_SURE), 1, "who this is for")
    return [whom, *_reach(answers), *_want(answers, words)]


def _reach(answers: Answers) -> list[AnswerLine]:
    times = {"mornings": "Mornings", "afternoons": "Afternoons", "evenings": "Evenings"}
    found = [
        AnswerLine("Best time", times.get(answers.best_time, "Any time"), 2, "the best time"),
        AnswerLine("Language", _language(answers), 2, "the language"),
    ]
    if answers.email:
        found.insert(0, AnswerLine("E-mail", answers.email, 2, "your e-mail address"))
    if answers.phone:
        found.insert(0, AnswerLine("Phone", phone_line(answers), 2, "your phone number"))
    return found


def phone_line(answers: Answers) -> str:
    """The number, and what the person allows the caller to do."""
    voice = "voice message OK" if answers.voicemail_ok else "no voice message"
    text = "text OK" if answers.text_ok else "no text"
    return f"{phones.display(answers.phone, answers.phone_extension)} · {voice} · {text}"


def _language(answers: Answers) -> str:
    name = _label(Language, answers.language)
    return f"{name}, with an interpreter" if answers.interpreter else name


def _want(answers: Answers, words: dict[str, str]) -> list[AnswerLine]:
    return [
        AnswerLine("Help with", _topics(answers, words), 3, "what you want help with"),
        AnswerLine("Treatment", _label(Modality, answers.modality), 3, "the treatment"),
        AnswerLine("Payment", _label(Insurance, answers.insurance), 3, "how you might pay"),
    ]


def _topics(answers: Answers, words: dict[str, str]) -> str:
    if RATHER_TELL in answers.topics:
        return words[RATHER_TELL]
    return ", ".join(_label(Topic, slug) for slug in answers.topics) or "Not said"


def _label(vocabulary: type[Insurance] | type[Language] | type[Modality] | type[Topic], slug: str) -> str:
    return str(vocabulary(slug).label) if slug in vocabulary.values else NOT_SURE
