"""What the staff read about each code of the gate. The clinic reads one sentence for all: see OF_THE_CLINIC."""

from typing import Final

OF_THE_CLINIC: Final = (
    "A person of our staff looks at this first. What was shown before stays until then. "
    "It usually takes two working days."
)
"""All that a clinic is told: it does not say what was found."""

SENTENCES: Final[dict[str, str]] = {
    # sale of the drug
    "sale": "It seems to offer the drug for sale.",
    "no-prescription": "It seems to offer the drug without a prescription or a visit.",
    "shipping": "It talks of sending goods in a way that sellers of drugs do.",
    "payment": "It asks for payment that cannot be traced.",
    "chat-order": "It asks people to order or write through a chat service.",
    "street-words": "It describes the drug the way street sellers do.",
    "not-for-people": "It offers a chemical that is not meant for people.",
    "spray-at-home": "It offers Spravato or esketamine outside the clinic. The safety program forbids that.",
    "self-injection": "It offers injections that people give themselves.",
    "crypto-address": "It holds an address for crypto currency.",
    "link-shop": "It links to a shop or a chat service.",
    "link-script": "It holds a link that runs a program or hides data.",
    # to be looked at
    "get-spravato": "It invites people to get or order Spravato. Clinics say this, and sellers too.",
    "at-home": "It talks of treatment at home. That is not listed here.",
    "mailed": "It talks of the drug being sent or delivered. That is not listed here.",
    "compounded": "It talks of compounded medicine or of forms for taking home.",
    "self-administered": "It talks of people treating themselves, and not under observation.",
    "mobile": "It talks of treatment in a house, a hotel or a vehicle.",
    "price-list": "It talks of a price list. Look whether it sells visits or the drug.",
    "claim-cure": "It claims to cure.",
    "claim-guarantee": "It promises a result.",
    "claim-safe": "It claims that there is no risk.",
    "claim-fda": "It calls something FDA-approved that is not: of these routes only Spravato is.",
    "claim-hype": "It uses words of advertising that promise too much.",
    "claim-suicide": "It claims to stop suicide. The label says that this was not shown.",
    "recreational": "It speaks to people who want the drug for its effects.",
    "minors": "It speaks of children or teenagers.",
    "no-evaluation": "It promises treatment with little or no evaluation.",
    "volume": "It sells treatment by the package, without limit, or pays for sending others.",
    "link-elsewhere": "It holds a link that does not go to the clinic's confirmed website.",
    "link-disguised": "It holds a link that hides where it goes, or looks like another website.",
    "chat-handle": "It names an account at a chat service or a social network.",
    "freemail": "It gives an e-mail address at a free mail service.",
    "phone-elsewhere": "It gives a phone number that is not the confirmed one.",
    "hidden-letters": "It holds letters that cannot be seen or that turn the direction of writing.",
    "mixed-letters": "It mixes letters of several scripts inside one word.",
    # of the clinic itself
    "no-clinician": "It names no responsible clinician.",
    "no-npi": "Its organization has no NPI.",
    "no-address": "It has no full street address.",
    "mail-drop": "Its address is a post office box or a mail drop.",
    "phone-shared": "Another organization's clinic has the same phone number.",
    "phone-unusual": "Its phone number is not a usual number in the United States.",
    "name-like-another": "Its name can be mistaken for that of another organization's clinic.",
    "clinician-elsewhere": "Its responsible clinician is also responsible for another organization in another state.",
    "text-copied": "Another organization's clinic says the same, word for word.",
    "website-shop": "The address of its website looks like that of a shop or a page anybody can make.",
}
