"""What people write who sell the drug: the `block` rows of `domain.md` H, with what was met beside them."""

import re
from typing import Final

from directory.gate.findings import BLOCK
from directory.gate.rules import HOME, rule

_CHAT: Final = (
    "(?:telegram|telegramm|wickr|wicker me|threema|whatsapp|whats app|signal|discord|snapchat|kik"
    "|wechat|viber)"
)
_ORDERS: Final = (
    "(?:orders?|ordering|texts?|texting|dms?|message|messages|contact|write|ping|hit|reach|add|find|chat|buy"
    "|deals?)"
)
_UNIT: Final = "(?:gram|grams|gramme|g|oz|ounce|ounces|kilo|kilos|kilogram|kg|vial|vials|bottle)"

BLOCKING: Final = (
    # sale
    rule(
        "sale",
        BLOCK,
        "buy purchas shop order compr sell",
        (
            "(?:buy|buying|purchase|purchasing|shop|shopping|order|ordering|comprar?|compre|pedir|ordenar?)"
            "(?: for| our| your| some| pure| real| cheap| legal| legit| quality| the| best| s| racemic| "
            "liquid| de){0,4} ketamine"
            "(?! (?:infusion|infusions|treatment|treatments|therapy|session|sessions|clinic|care|level|levels))"
        ),
    ),
    rule(
        "sale",
        BLOCK,
        "buy purchas compr",
        "(?:buy|buying|purchase|purchasing|comprar?|compre){3}{drug}(?! (?:infusion|treatment|session)s?)",
    ),
    rule(
        "sale",
        BLOCK,
        "order buy shop",
        "{drug}{~12}(?:order|buy|shop) (?:today|now|online|here|yours|direct|directly|safely|discreetly"
        "|securely|from us)",
    ),
    rule(
        "sale",
        BLOCK,
        "order buy shop",
        "(?:order|buy|shop) (?:today|now|online|here|yours|direct|directly|safely|discreetly){~12}{drug}",
    ),
    rule(
        "sale",
        BLOCK,
        "sale stock sell venta available",
        "{drug}{4}(?:for sale|in stock|back in stock|en venta|on sale)",
    ),
    rule(
        "sale",
        BLOCK,
        "sale stock sell venta",
        "(?:for sale|in stock|back in stock|en venta|we sell|selling|vendemos|sold here){6}{drug}",
    ),
    rule(
        "sale",
        BLOCK,
        "cart checkout basket",
        "(?:add|added|put){3}(?:cart|basket)|checkout|shopping cart|your cart|buy now",
    ),
    rule(
        "sale",
        BLOCK,
        "product",
        "(?:our|range of|selection of|line of|all) {drug} products|{drug} products (?:we|for|are|in|from"
        "|online)|range of products",
    ),
    rule(
        "sale",
        BLOCK,
        "coupon promo discount bulk wholesale code",
        (
            "(?:coupon|promo|discount|voucher) codes?|(?:use|enter) code [^ ]+|wholesale|bulk (?:order"
            "|orders|price|prices|discount|discounts|buy|purchase|pricing)"
        ),
    ),
    rule(
        "sale",
        BLOCK,
        "per a each price gram vial ounce kilo",
        (
            f"(?<!mg )(?<!mcg )(?<!milligrams )(?:per|each) (?:gram|gramme|oz|ounce|kilo|kilogram|vial"
            f"|bottle)|[$€£] ?[0-9]+(?: [.] [0-9]+)? (?:per|a|each|for [0-9a-z]+|/)? ?{_UNIT}"
        ),
    ),
    rule(
        "sale",
        BLOCK,
        "gram ounce kilo vial oz",
        "(?:price|prices|pricing|cost|sold|sell|menu|{drug}){5}by the (?:gram|ounce|kilo|vial|bottle"
        "|weight)|(?:gram|ounce|kilo|vial) prices?|prices? (?:for )?(?:grams|ounces|kilos|vials)",
    ),
    rule(
        "sale",
        BLOCK,
        "menu price",
        "{drug}{4}(?:price list|prices? menu|menu)|(?:price list|menu|prices){3}(?:of|for)?{2}(?:products"
        "|vials|grams|powder|crystals?|{drug} (?:powder|vials|crystals|pills))",
    ),
    rule("sale", BLOCK, "minimum", "minimum order|min order|moq"),
    # without a prescription
    rule(
        "no-prescription",
        BLOCK,
        "prescri rx script receta",
        (
            "(?:no|non|without|w o|sin)(?: a| any| an| valid| need for| need of| doctors)*"
            " (?:prescription|prescriptions|prescribed|rx|scripts?|receta)"
            "|(?:prescription|rx|script) (?:is |are )?(?:not|never|un) ?(?:needed|required|necessary)"
            "|(?:prescription|rx) (?:free|included|optional)"
            "|dont need (?:a |any )?(?:prescription|rx|script)|do not need (?:a |any )?(?:prescription|rx"
            "|script)|rx ?less|prescription less|norx"
        ),
    ),
    rule(
        "no-prescription",
        BLOCK,
        "visit evaluat approv doctor question",
        (
            "no (?:doctors?|doctor s|clinic|office|medical|in person|video) (?:visits?|appointments?"
            "|calls?|exams?|evaluations?|needed|required)"
            "|no evaluations?(?: is| are)?(?: needed| required| necessary)|(?:instant|same day|immediate"
            "|automatic|guaranteed|100 % ) ?approvals?"
            "|(?:approved|approval) in (?:minutes|seconds|[0-9]+ (?:minutes|seconds))|no questions asked"
            "|skip the (?:doctor|clinic|visit)"
        ),
    ),
    # shipping
    rule(
        "shipping",
        BLOCK,
        "packag packet envelope parcel stealth discre envio",
        (
            "(?:discreet|discrete|stealth|stealthy|plain|unmarked|vacuum sealed|double sealed|vacuum){2}"
            "(?:packages?|packaging|packed|packing|envelopes?|parcels?|box|boxes|mail|mailers?|delivery"
            "|shipping|shipment|shipped|wrapped)"
            "|(?:packages?|packaging|packed|shipped|ships|shipping|delivered|delivery"
            "|sent){2}(?:discreetly|stealthily|discreet|stealth)"
            "|envios? (?:discretos?|a todo|rapidos?)|paquetes? discretos?|stealth"
        ),
    ),
    rule(
        "shipping",
        BLOCK,
        "ship deliver dispatch mail courier envi",
        (
            "(?:overnight|worldwide|world wide|nationwide|international|express|next day|domestic|global"
            "|free|fast|secure|tracked) (?:shipping|shipment|delivery|dispatch|mail|post|courier)"
            "|(?:ships?|shipped|shipping|deliver|delivers|delivered|delivery|dispatched|mailed|sent|we mail){3}"
            "(?:overnight|worldwide|world wide|nationwide|internationally|all 50|all fifty|any state"
            "|every state|all states|anywhere|everywhere|next day|usa wide|coast to coast|same day"
            "|within 24)"
            "|shipping (?:included|is free|available|cost|costs|fee|rates)|usps|fedex|dhl"
        ),
    ),
    rule(
        "shipping",
        BLOCK,
        "track reship customs seiz",
        (
            "track(?:ing|ed)? (?:numbers?|codes?|id|your)|re ?ship(?:s|ped|ping|ment)?|customs{4}(?:clear"
            "|cleared|clearance|seized|seizure|safe|guarantee|guaranteed|declared|proof|problems?)"
            "|(?:seized|seizure|clears?|pass|passes|through){3}customs"
        ),
    ),
    # payment
    rule(
        "payment",
        BLOCK,
        "bitcoin btc crypto monero xmr usdt ethereum litecoin tether",
        "bitcoins?|btc|crypto|cryptos|cryptocurrency|cryptocurrencies|monero|xmr|usdt|tether|ethereum"
        "|litecoin|eth accepted",
    ),
    rule(
        "payment",
        BLOCK,
        "western moneygram zelle cashapp cash gift escrow venmo wire paypal",
        (
            "western union|moneygram|money gram|gift cards? (?:only|accepted|as|for payment)|(?:zelle"
            "|cashapp|cash app|venmo|chime|wire|bank transfer|paypal|apple pay)"
            "{2}only|only{3}(?:zelle|cashapp|cash app|venmo|chime|gift cards?)|(?:pay|payment|payments"
            "|paid|accept|accepted){4}(?:gift cards?|cashapp|cash app)|escrow"
        ),
    ),
    # chat
    rule(
        "chat-order",
        BLOCK,
        "telegram wickr wicker threema whatsapp whats signal discord snapchat kik wechat viber",
        (
            f"{_ORDERS}{{6}}(?:on|via|by|through|over|at|our|with|using|in|por){{2}}{_CHAT}|(?:on|via|by"
            f"|through|our|por) {_CHAT}{{6}}{_ORDERS}"
            f"|(?:telegram|wickr|threema|whatsapp|whats app){{6}}{_ORDERS}|{_ORDERS}{{5}}(?:telegram"
            f"|wickr|threema|whatsapp|whats app)"
            "|(?:telegram|wickr|threema|whatsapp|whats app|signal)(?: id| me| us| handle| channel"
            "| group| number| bot)+"
            "|(?:por|al|nuestro) (?:telegram|whatsapp)"
        ),
    ),
    rule(
        "chat-order",
        BLOCK,
        "dm inbox",
        "(?:dm|dms|pm|inbox)(?: me| us)?(?: now)? (?:to|for|4) (?:order|orders|buy|price|prices|info|menu"
        "|details|deal|deals|purchase)|dm me|dms? open",
    ),
    rule(
        "chat-order",
        BLOCK,
        "vendor plug supplier dealer",
        (
            "(?:legit|trusted|verified|reliable|vetted|best|real|top|darknet|online) (?:vendors?|plugs?"
            "|suppliers?|dealers?|sellers?|source|sources|sites?)|your (?:local )?plug|the plug"
            "|{drug}{3}(?:plug|vendor|vendors|dealer|dealers|supplier|suppliers)"
        ),
    ),
    # street words
    rule(
        "street-words",
        BLOCK,
        "powder crystal shard needle uncut pure puri grade polvo rock sugar",
        (
            "{drug}{~12}(?:powder|powdered|crystals?|crystalline|crystallized|shards?|needle point|polvo|flakes)"
            "|{drug}{4}(?:uncut|pure|sugar form|rocks)|(?:crystals?|liquid|powder) (?:or|and) (?:powder|crystals?)"
            "|(?:powder|crystals?|crystalline|shards?|needle point|uncut|pure|polvo){~4}{drug}"
            "|pure (?:powder|crystals?|shards?|product)|(?:powder|crystals?|shards?){4}(?:gram|grams"
            "|ounce|kilo|pure|purity|vendor|quality|price)"
            "|lab grade|lab tested product|needle ?points?|uncut|(?:purity{3}9[0-9]|9[0-9](?: . [0-9]+)? "
            "% (?:pure|purity))|9[0-9] % pure"
        ),
    ),
    rule(
        "not-for-people",
        BLOCK,
        "research consumption veterinar horse animal analog rc",
        (
            "research chemicals?|not for human (?:consumption|use)|(?:veterinary|vet|horse|animal) "
            "(?:grade|use|quality|{drug})|for animal use|(?:designer|analog|analogue) (?:drugs?"
            "|chemicals?)|legal alternatives? to ketamine"
            "|{drug} analogs?|{drug} analogues?|rc (?:vendor|shop|store)"
        ),
    ),
    # outside the clinic
    rule(
        "spray-at-home",
        BLOCK,
        "home mail ship deliver door house hotel remote zoom",
        (
            f"(?:take home|takehome|at home|home|mail order|mailed|home delivered|mail|remote|remotely "
            f"supervised){{3}}{{spray}}"
            f"(?! (?:is|are) (?:not|never))|{{spray}}{{6}}(?:{HOME}|mail order|delivered|shipped|mailed"
            f"|hotel|over zoom|supervised by video|by video)(?! (?:the )?(?:same|afterwards?|after|with"
            f"|by car|safely))"
        ),
    ),
    rule(
        "self-injection",
        BLOCK,
        "inject autoinject",
        "inject (?:it )?yourself|self inject[a-z]*|injection kits?|(?:auto ?injectors?|prefilled "
        "syringes?){5}(?:home|yourself|mail|kit)|inject at home",
    ),
)

PIECES: Final = re.compile(
    "buyketamine|orderketamine|ketamineforsale|buyspravato|orderspravato|spravatoforsale"
    "|withoutprescription|noprescriptionneeded"
    "|noprescriptionrequired|addtocart|discreetpackaging|stealthpackaging|worldwideshipping"
    "|overnightshipping|ketamineshop|ketaminestore"
    "|researchchemical|ketaminevendor|ketaminepowder|ketaminecrystal|shopketamine|buyketamin"
)
"""What is left of words cut into pieces; long enough that no honest sentence runs into it."""
