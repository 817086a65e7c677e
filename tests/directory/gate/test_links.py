"""Where a text would lead: only the clinic's own confirmed website is nobody's business."""

import pytest

from directory import gate
from directory.models import Clinic

OWN = Clinic(confirmed_domain="clinic.example", phone="+13035550101")


def codes(text: str, label: str = "first_visit") -> list[str]:
    return gate.look({label: text}, clinic=OWN).codes


@pytest.mark.parametrize(
    "text",
    [
        "See https://clinic.example/visit and www.clinic.example.",
        "Write to desk@clinic.example or call (303) 555-0101.",
        "Call 303.555.0101 or +1 303 555 0101.",
        "We open at 9 a.m. In winter at 10. To us it matters.",
        "Mon.-Fri. 9-5, e.g. in May. Dr. Me will see you.",
        "Visits cost $1,450.00 in 2026-2027, 24/7.",
        "NPI 1234567893",
    ],
)
def test_its_own_website_and_phone_are_nobody_s_business(text):
    assert codes(text) == []


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("See https://other.example/", "link-elsewhere"),
        ("other.com has more", "link-elsewhere"),
        ("other dot com", "link-elsewhere"),
        ("other [.] com", "link-elsewhere"),
        ("other . com", "link-elsewhere"),
        ("https://clinic.example@evil.example/", "link-disguised"),
        ("https://clinic.example.evil.example/", "link-disguised"),
        ("https://cl1nic.example/", "link-disguised"),
        ("https://сlinic.example/", "link-disguised"),
        ("https://xn--linic-0je.example/", "link-disguised"),
        ("bit.ly/abc", "link-disguised"),
        ("//other.example/x", "link-elsewhere"),
        ("https://shop.clinic.example/", "link-elsewhere"),
        ("t.me/somebody", "link-shop"),
        ("wa.me/13035550101", "link-shop"),
        ("other.myshopify.com", "link-shop"),
        ("https://clinic.example/cart", "link-shop"),
        ("https://clinic.example/shop/ketamine?add-to-cart=3", "link-shop"),
        ("buy-ketamine.example", "link-shop"),
        ("javascript:alert(1)", "link-script"),
        ("java\tscript:alert(1)", "link-script"),
        ("data:text/html,x", "link-script"),
        ("<a href=x>here</a>", "link-script"),
        ("bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq", "crypto-address"),
        ("0x52908400098527886E0F7030069857D2E4169EE7", "crypto-address"),
        ("somebody@gmail.com", "freemail"),
        ("somebody at proton dot me", "freemail"),
        ("@somebody_here", "chat-handle"),
        ("Text 720 555 0142", "phone-elsewhere"),
        ("+44 20 7946 0958", "phone-elsewhere"),
    ],
)
def test_everything_else_is_looked_at(text, code):
    assert code in codes(text)


@pytest.mark.parametrize(
    ("website", "code"),
    [
        ("https://ket-shop.example/", "link-shop"),
        ("https://calm.example/shop/", "link-shop"),
        ("https://calm.wixsite.com/", "website-shop"),
        ("https://user@calm.example/", "link-disguised"),
        ("https://calm.example:8443/", "link-disguised"),
        ("javascript:alert(1)", "link-disguised"),
        ("https://t.me/calm", "link-shop"),
    ],
)
def test_a_website_that_is_a_shop_or_hides_where_it_leads_is_looked_at(website, code):
    assert code in codes(website, "website")


@pytest.mark.parametrize(
    "website", ["", "https://clinic.example/", "https://www.ketamine-clinic.example/spravato"]
)
def test_a_plain_website_is_not(website):
    assert codes(website, "website") == []
