"""200 honest clinics, made of sentences such as clinics write; many hold words that sellers use as well.

They were written before the rules were tried on them, from what such pages are about (`domain.md` F3, F4) and from
the turns of real clinics' pages, in words of our own. A few say what a person has to look at; so would real ones.
"""

from tests.directory.gate.profiles import Profile, dice, some

TOWNS = (
    "Crystal Lake", "Powder Springs", "Signal Hill", "Silver Spring", "Telegraph Road", "Rock Hill", "Box Elder",
    "Shop Creek", "Market Square", "Plainfield", "Overland Park", "Pure Water Bay", "Mountain View", "Cure Cove",
    "Gramercy", "Mailbox Corner", "Orderville", "Homewood", "Holland", "Sheridan", "Bulverde", "Wickersham",
)  # fmt: skip
KINDS = (
    "Interventional Psychiatry", "Ketamine Clinic", "Infusion Center", "Psychiatry", "Mood Center", "Pain Clinic",
    "Spravato Treatment Center", "Behavioral Health", "Ketamine and Wellness", "Anesthesia Associates",
    "TMS and Esketamine", "Ketamine Therapy", "Depression Center", "Integrative Psychiatry", "Neuroscience Clinic",
)  # fmt: skip
STREETS = (
    "410 Telegraph Road", "9 Customs House Street", "77 Market Street, Suite 210", "1200 Pharmacy Lane",
    "55 Boxwood Avenue", "8 Mill Street, Floor 2", "301 N. Signal Hill Blvd", "2 Courier Place", "19 Powder Mill Road",
    "640 Crystal Springs Way, Suite B", "18 P Street", "7021 Box Canyon Drive", "33 Post Office Square",
)  # fmt: skip

FIRST_VISIT = (
    "You meet a nurse and then the doctor, and the first visit takes about an hour.",
    "We ask about your health, your medicines and your blood pressure.",
    "Please bring a list of your medicines and the name of your therapist.",
    "We order blood tests if you have not had any this year.",
    "A prescription is required, and the doctor writes it after the evaluation.",
    "Nothing is given on the first day; we decide together whether it is right for you.",
    "We do not sell ketamine. It is given here, by infusion, with a nurse in the room.",
    "Our use of ketamine is off-label. The FDA has not approved ketamine for depression.",
    "Ketamine is FDA-approved as an anesthetic; giving it for depression is off-label.",
    "Spravato is FDA-approved for adults with depression that other medicines did not help.",
    "You self-administer Spravato under observation in our office and stay for two hours.",
    "Someone must drive you home. Do not drive until the next day, after restful sleep.",
    "Plan a quiet evening at home after each infusion.",
    "The pump delivers the medicine slowly over forty minutes.",
    "The infusion is delivered by a nurse anesthetist who stays with you.",
    "The first visit can be by video; every treatment is in our office.",
    "We check your blood pressure, your pulse and your oxygen before, during and after.",
    "Every vital sign is on one screen, and a signal sounds if anything changes.",
    "You check out at the front desk and we book the next visit.",
    "Eat nothing for four hours before; clear drinks are fine until two hours before.",
    "You can use our guest network, listen to music, or rest.",
    "We call your own clinician with your consent, and send a letter after the course.",
    "We ask you to fill in a questionnaire about your mood before each visit.",
    "Treatment is not a cure, and it does not help everybody.",
    "No clinic can guarantee a result; we stop if it does not help.",
    "Side effects are possible: nausea, a feeling of being far away, a rise in blood pressure.",
    "There are risks, among them misuse and harm to the bladder. We talk about them first.",
    "In a crisis call 988. We are not an emergency service.",
    "A licensed therapist prepares you and meets you again after each dose.",
    "Preparation and integration visits are part of the program.",
    "You come twice a week for the first four weeks, then once a week.",
    "Our crisis plan and the number of the doctor on call are on your visit card.",
    "You sit in a recliner with a blanket. The light is low and the room is private.",
    "If you feel unwell after you are home, call the number on your sheet.",
    "Order of the day: arrival, vital signs, the infusion, an hour of rest, and then your ride.",
    "Bring headphones, an eye mask, and a friend if you like.",
    "We look at your record in the state's prescription monitoring program.",
    "Hablamos español. La primera visita dura una hora.",
    "We see adults. The clinic is on the second floor, next to the coffee shop.",
    "Pregnancy tests are free. Tell us if you might be pregnant.",
    "The doctor will go over every option with you: other medicines, talking therapy, TMS and ECT.",
    "We give you a written plan, and a copy goes to your own doctor if you wish.",
)
COST = (
    "We bill most private plans and Medicare for Spravato.",
    "An infusion visit costs $450, paid after the visit. (November 2026)",
    "You get a written good-faith estimate before the first visit.",
    "We take cards, checks and health savings accounts.",
    "Payment is due when you check in.",
    "Insurance rarely pays for infusions. Spravato usually needs prior authorization, and we ask for it for you.",
    "A sliding scale is available; ask the front desk.",
    "The fee covers the medicine, the nurse and the room.",
    "We give you a superbill to send to your plan.",
    "Your plan may ask for two earlier medicines before it approves Spravato.",
    "Ask us for prices; they depend on how long the visit takes.",
    "No fee for a canceled visit if you tell us a day ahead.",
    "Veterans: we are in the VA Community Care network.",
    "The first call with our coordinator is free.",
    "Each visit is billed by itself; there is no package to pay ahead.",
    "We do not take a fee for a referral and we pay none.",
    "Medicaid pays for Spravato in our state. It does not pay for infusions.",
    "A course of six infusions in three weeks is usual, and each costs the same.",
    "Cost of care is the same whether or not you are in the state.",
    "We hold your card on file and charge it after each visit.",
)
CANNOT_TREAT = (
    "People with uncontrolled high blood pressure or a recent stroke.",
    "People who are pregnant or breastfeeding.",
    "Anybody under 18. We do not treat children.",
    "People with current psychosis or mania.",
    "People with an aneurysm or a bleeding in the brain.",
    "People in an active addiction, until they are in care for it.",
    "Severe liver disease.",
    "People who use ketamine for recreational reasons.",
    "If you are in a crisis, the emergency room is the right place.",
    "Minors, and people without a ride home.",
    "People who want treatment at home; we do not offer that.",
    "We cannot see people from other states.",
)
HOURS = (
    "Mon-Fri 9-5", "Mon to Thu 8:30 a.m. - 6 p.m.", "Tue, Thu 10-18; Sat 9-13", "Weekdays 7am-3pm, closed on holidays",
    "M-F 8-4, Wednesday evenings until 8", "By appointment, Monday to Saturday", "Mo-Fr 09:00-17:00",
    "Weekdays 9 to 5. Closed December 24 - January 2.", "Daily 8-20", "Lu-Vi 9-17",
)  # fmt: skip
LOOKED_AT = (
    "We prescribe compounded lozenges to some patients after a full evaluation.",
    "A membership covers your infusions and the therapy visits.",
    "We treat teenagers from 16 with their parents' consent.",
    "There are no side effects that last beyond the day for most people.",
)
"""What an honest clinic may say and a person has to see: four of the 200 do."""


def honest_clinics() -> list[Profile]:
    """200 of them; the last four say something of LOOKED_AT."""
    return [_clinic(number) for number in range(200)]


def _clinic(number: int) -> Profile:
    chance = dice(f"honest {number}")
    said = {
        "first_visit": some(chance, FIRST_VISIT, 2, 7),
        "cost": some(chance, COST, 1, 4),
        "cannot_treat": some(chance, CANNOT_TREAT, 0, 3),
        "hours": chance.choice(HOURS),
    }
    if number >= 196:
        said["first_visit"] += " " + LOOKED_AT[number - 196]
    name = f"{chance.choice(TOWNS)} {chance.choice(KINDS)}"
    return Profile(
        kind="honest",
        name=name if number % 3 else f"{name}, PLLC",
        website=f"https://clinic-{number}.example/"
        if number % 4
        else f"https://www.clinic-{number}.example/ketamine",
        said=said,
        line1=chance.choice(STREETS),
        modalities=chance.choice((("iv",), ("esketamine",), ("esketamine", "iv"), ("im",), ("oral", "iv"))),
    )
