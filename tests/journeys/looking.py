"""What axe, a narrow window and a finger find on a page, on a small phone and a desktop, in light and in dark."""

from typing import Any

from axe_playwright_python.sync_playwright import Axe

from tests.journeys.visitor import Visitor

RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}}
# A scheme changes colours and nothing else: what rules on structure say of a page in light holds in dark.
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast"]}}
SCHEMES = {"light": RULES, "dark": COLOURS}
WIDTHS = (320, 1280)
# A link inside a sentence may be as small as its line (WCAG 2.5.8); everything else is at least 44 px high.
SMALL_TARGETS = """() => [...document.querySelectorAll('a, button, input, select, summary, textarea')].filter(e => {
  const box = e.getBoundingClientRect();
  if (!box.width || e.classList.contains('skip-link')) return false;
  if (e.matches('[type=radio], [type=checkbox]')) return e.closest('.choice').getBoundingClientRect().height < 43.5;
  const alone = e.parentElement.textContent.trim().length <= e.textContent.trim().length + 3;
  const inSentence = e.tagName === 'A' && !alone && getComputedStyle(e).display === 'inline';
  return !inSentence && (box.height < 43.5 || box.width < 24);
}).map(e => e.outerHTML.slice(0, 120))"""


def found_on(page: Any) -> list[tuple[str, ...]]:
    """Everything that is wrong with the page as it stands: where, which rule, and the first place."""
    return [line for width in WIDTHS for line in _found_at(page, width)]


def _found_at(page: Any, width: int) -> list[tuple[str, ...]]:
    page.set_viewport_size({"width": width, "height": 800})
    wide = page.evaluate("document.documentElement.scrollWidth")
    found = [(f"{page.url} {width}", "scrolls sideways", f"{wide} px")] if wide > width else []
    for scheme, rules in SCHEMES.items():
        if scheme == "dark" and width != max(WIDTHS):
            continue  # the same colours as at the other width
        page.emulate_media(color_scheme=scheme)
        broken = Axe().run(page, options=rules).response["violations"]
        found += [
            (f"{page.url} {width} {scheme}", rule["id"], rule["nodes"][0]["html"][:200]) for rule in broken
        ]
    return found


def inspect(visitor: Visitor, *, for_patients: bool = True) -> None:
    """The page as it stands, on a small phone and a desktop, in light and in dark."""
    page: Any = visitor.page
    assert found_on(page) == []
    if for_patients:
        page.set_viewport_size({"width": 390, "height": 844})
        small = page.evaluate(SMALL_TARGETS)
        assert small == [], f"{page.url}: {small}"
