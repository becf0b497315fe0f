"""Search, import and invite by keyboard alone: Tab, Enter, Space, and letters; no mouse at all.

On the way it is seen that the focus shows where it is, goes down the page as one reads, and comes
round: there is no place out of which Tab does not lead.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.e2e.pages.browsing import Person, before
from tests.e2e.pages.fulllab import FullLab

# More stops than any page has.
STOPS_MAX = 150
# What is focused now: a name for it, where it is, and whether it looks otherwise than unfocused.
FOCUSED = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect(), style = getComputedStyle(at);
  const looks = () => [style.outlineStyle, style.outlineWidth, style.outlineColor,
    style.boxShadow, style.borderColor, style.backgroundColor, style.textDecorationLine].join();
  const focused = looks();
  at.blur();
  const plain = looks();
  at.focus({focusVisible: true});
  return {
    what: at.outerHTML.slice(0, 120),
    place: [...document.querySelectorAll("*")].indexOf(at),
    shows: focused !== plain && box.width > 1 && box.right > 0 && box.bottom > 0,
  };
}"""
# All that Tab should stop at; of radio buttons, one.
STOPS = """() => [...document.querySelectorAll(
  "a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex='0']")]
  .filter(one => !one.disabled && one.checkVisibility({visibilityProperty: true}))
  .map(one => [...document.querySelectorAll("*")].indexOf(one))"""


def tab_round(page: Page) -> list[str]:
    """Press Tab from the top of the page until it comes round; return what is wrong on the way."""
    # A page may begin elsewhere, with the box that one came for.
    page.evaluate("document.querySelector('a, button, input').focus({focusVisible: true})")
    wrong: list[str] = []
    places: list[int] = []
    for _ in range(STOPS_MAX):
        if places:
            page.keyboard.press("Tab")
        at = page.evaluate(FOCUSED)
        if at is None or (places and at["place"] == places[0]):
            break
        if not at["shows"]:
            wrong.append(f"does not show: {at['what']}")
        if places and at["place"] == places[-1] and 'type="date"' not in at["what"]:
            return [*wrong, f"is a trap: {at['what']}"]
        if places and at["place"] < places[-1]:
            wrong.append(f"goes back: {at['what']}")
        if not places or at["place"] != places[-1]:  # a date has a stop for day, month and year
            places.append(at["place"])
    else:
        wrong.append("never comes round")
    if missed := set(page.evaluate(STOPS)) - set(places):
        wrong.append(f"leaves out {len(missed)} of {len(places)} stops")
    return wrong


def goes_to(who: Person, message: str, role: str, **values: object) -> None:
    """Press Tab until the focus is on what has that role and name."""
    target = who.page.get_by_role(role, name=who.word(message, **values)).first  # type: ignore[arg-type]
    expect(target).to_be_visible()
    for _ in range(STOPS_MAX):
        if target.evaluate("one => one === document.activeElement"):
            return
        who.page.keyboard.press("Tab")
    pytest.fail(f"Tab does not lead to {message}")


@pytest.fixture
def ada(browser: Browser, lab: FullLab) -> Iterator[Person]:
    with before(browser, lab.url, "fr", session=lab.admin) as ada:
        ada.page.emulate_media(reduced_motion="reduce")
        yield ada


def test_the_focus_goes_round_every_page_of_these(ada: Person, lab: FullLab) -> None:
    wrong = {}
    for path in ("/", "/?q=laser", "/desk/import", "/desk/import/2", "/network", "/network/join"):
        ada.opens(path)
        if problems := tab_round(ada.page):
            wrong[path] = problems
    assert wrong == {}, wrong


def test_the_first_stop_skips_the_menu(ada: Person) -> None:
    ada.opens("/labs")
    goes_to(ada, "Skip to the content", "link")
    ada.page.keyboard.press("Enter")
    ada.page.keyboard.press("Tab")
    assert ada.page.evaluate("document.activeElement.closest('main') !== null")


def test_search(ada: Person) -> None:
    ada.opens("/")
    goes_to(ada, "Tool, material or skill", "searchbox")
    ada.page.keyboard.type("sécurité")
    ada.page.keyboard.press("Enter")
    expect(ada.page.locator("#results h2").first).to_have_text("Sécurité laser")
    goes_to(ada, "Sécurité laser", "link")
    ada.page.keyboard.press("Enter")
    ada.finds("Sécurité laser")


def test_import(ada: Person, tmp_path: Path) -> None:
    sheet = tmp_path / "clavier.csv"
    sheet.write_text("Nom;Coin\nVarlope;Bois\n")
    ada.opens("/desk/import")
    for _ in range(STOPS_MAX):
        ada.page.keyboard.press("Tab")
        if ada.page.evaluate("document.activeElement.type === 'file'"):
            break
    with ada.page.expect_file_chooser() as chooser:
        ada.page.keyboard.press("Space")
    chooser.value.set_files(sheet)
    goes_to(ada, "Look at it", "button")
    ada.page.keyboard.press("Space")
    ada.finds("clavier.csv")
    goes_to(ada, "Import", "button")
    ada.page.keyboard.press("Enter")
    ada.is_told("Imported.")


def test_invite(ada: Person) -> None:
    ada.opens("/network")
    goes_to(ada, "Make an invitation", "button")
    ada.page.keyboard.press("Space")
    expect(ada.page.locator("#link")).to_contain_text("/join")


SOUND = "<main><a href='#a'>a</a> <button>b</button> <input> <a href='#c'>c</a></main>"
BAD = {
    "is a trap": "document.querySelector('input').onkeydown = event => event.preventDefault()",
    "does not show": "document.querySelector('button').style.outline = 'none'",
    "leaves out": "document.querySelector('input').tabIndex = -1",
    "goes back": "document.querySelectorAll('a').forEach((one, at) => one.tabIndex = at + 1)",
}


def test_a_trap_is_seen(browser: Browser) -> None:
    """Negative control: a sound page has nothing, and each fault that is put in is found."""
    page = browser.new_page()
    page.set_content(SOUND)
    assert tab_round(page) == []
    for said, fault in BAD.items():
        page.set_content(SOUND)
        page.evaluate(f"() => {{ {fault} }}")
        assert any(one.startswith(said) for one in tab_round(page)), said
    page.context.close()
