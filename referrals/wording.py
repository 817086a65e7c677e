"""What a patient reads of each state: who acts next, in neutral words, without a cause that hurts."""

from referrals.vocabulary import AGREED, Actor, CompleteReason, DeclineReason, FailReason, Status

_SENTENCES = {
    Status.REQUESTED: "The clinic has it. Not opened yet.",
    Status.RECEIVED: "The clinic has read it.",
    Status.ON_HOLD: "The clinic asked you something. Answer below.",
    Status.ACCEPTED: "The clinic can see you. They will get in touch.",
    Status.IN_PROGRESS: "The clinic says you have a date. Call them to change it.",
    Status.COMPLETED: "This request is closed.",
    Status.REJECTED: "This clinic cannot help. Others may.",
    Status.CANCELLED: "You took it back.",
    Status.FAILED: "We are sorry: this request did not get an answer. Others may help.",
}
_REASONS = {
    DeclineReason.NOT_ACCEPTING: "It has no space right now.",
    DeclineReason.OUT_OF_STATE: "It may only treat people who live in certain states.",
    DeclineReason.COVERAGE: "The way to pay does not fit there.",
    DeclineReason.MODALITY_NOT_OFFERED: "It does not give this kind of treatment.",
    DeclineReason.CLINICALLY_UNSUITABLE: (
        "It thinks another kind of care would fit you better. Your own doctor can help you find it."
    ),
    DeclineReason.NEEDS_HIGHER_LEVEL: (
        "It thinks you need more care than it can give. Your own doctor can help you find it."
    ),
    DeclineReason.DUPLICATE: "It already has a request from you.",
    DeclineReason.UNREACHABLE: "It tried to reach you and could not.",
    FailReason.NO_REPLY: "The clinic did not reply. We told them.",
    FailReason.UNDELIVERABLE: "We cannot reach the clinic. Nobody there can read your request.",
    FailReason.LISTING_STOPPED: "The clinic no longer takes requests here.",
    FailReason.OUTCOME_UNKNOWN: "The clinic no longer answers here. If you have a date, call the clinic about it.",
    CompleteReason.SEEN: "The clinic says you were seen.",
    CompleteReason.NO_SHOW: "The clinic says the visit did not take place.",
    CompleteReason.NOT_STARTED: "The clinic says treatment was not started.",
    CompleteReason.OTHER: "",
}
_TITLES = {
    (Actor.PATIENT, Status.REQUESTED): "You sent it",
    (Actor.CLINIC, Status.RECEIVED): "The clinic opened it",
    (Actor.CLINIC, Status.ON_HOLD): "The clinic asked a question",
    (Actor.PATIENT, Status.RECEIVED): "You answered",
    (Actor.CLINIC, Status.ACCEPTED): "The clinic accepted",
    (Actor.CLINIC, Status.IN_PROGRESS): "The clinic set a date",
    (Actor.CLINIC, Status.COMPLETED): "The clinic closed it",
    (Actor.CLINIC, Status.REJECTED): "The clinic cannot help",
    (Actor.PATIENT, Status.CANCELLED): "You took it back",
    (Actor.SITE, Status.FAILED): "We closed it",
}


def tag(status: str, reason: str = "") -> str:
    """The word or two on the label."""
    return "Stopped" if reason == FailReason.LISTING_STOPPED else str(Status(status).label)


def not_shown(status: str) -> str:
    """What it means for an open request that its clinic is shown no more. It names no cause."""
    if status in AGREED:
        return "This clinic is no longer shown on this site. Please call the clinic about your visit."
    return "This clinic is no longer shown on this site. It cannot accept your request now. You can ask another clinic."


def sentence(status: str, *, answered: bool = False, opened: bool = False) -> str:
    """Who acts next. `answered`: the last step was the patient's answer; `opened`: the clinic took a step."""
    if status == Status.RECEIVED and answered:
        return "The clinic has your answer."
    if status == Status.CANCELLED and opened:
        return f"{_SENTENCES[Status.CANCELLED]} The clinic is told."
    return _SENTENCES[Status(status)]


def reason(code: str) -> str:
    """A coded reason as the patient reads it, "" for none. The clinic sees it before it sends it."""
    return next((words for known, words in _REASONS.items() if known == code), "")


def title(actor: str, status: str) -> str:
    """One line of the timeline."""
    return _TITLES.get((Actor(actor), Status(status)), str(Status(status).label))
