"""The pages in a real browser, on a phone: while typing, filtered, in both languages, scriptless.

The browser is Debian's chromium; CI installs it, a stranger without it skips these with a word.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.e2e.chromium import chromium
from tests.e2e.nodes import Lab

PHONE = {"width": 360, "height": 740}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("browsed"), "Ponant", (48.39, -4.49))
    lab.run("item", "add", "--name", "Découpeuse laser Trotec Speedy 100", "--terms", "use")
    lab.run("item", "add", "--name", "Scie sauteuse", "--terms", "lend")
    lab.run("item", "add", "--name", "Contreplaqué peuplier", "--kind", "material")
    with lab.running():
        yield lab


def phone(browser: Browser, language: str, **options: bool) -> BrowserContext:
    return browser.new_context(viewport=PHONE, locale=language, **options)  # type: ignore[arg-type]


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A French phone; whatever the browser complains of fails the test."""
    context = phone(browser, "fr-FR")
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


def test_results_come_while_typing(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    expect(page.get_by_text("3 ressources connues")).to_be_visible()
    page.get_by_role("searchbox").press_sequentially("decoupe las", delay=20)
    first = page.locator("#results h2").first
    expect(first).to_have_text("Découpeuse laser Trotec Speedy 100")
    assert page.get_by_role("searchbox").input_value() == "decoupe las", "nothing typed is lost"
    first.get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Découpeuse laser Trotec Speedy 100")
    expect(page.get_by_text("utilisation sur place")).to_be_visible()


def test_the_address_follows_what_is_typed_and_going_back_leaves_at_once(
    page: Page, lab: Lab
) -> None:
    """Only the results are changed: what is announced is the count, in an element that stays."""
    page.goto(f"{lab.url}/labs")
    page.goto(lab.url)
    count = page.locator("#count")
    count.evaluate("element => element.dataset.kept = 'yes'")
    page.get_by_role("searchbox").press_sequentially("scie", delay=20)
    expect(count).to_have_text("1 résultat")
    expect(page).to_have_url(f"{lab.url}/?q=scie")
    assert count.get_attribute("data-kept") == "yes"
    page.reload()
    expect(page.locator("#results h2")).to_have_text(["Scie sauteuse"])
    page.get_by_role("link", name="Scie sauteuse").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Scie sauteuse")
    page.go_back()
    expect(page.locator("#results h2")).to_have_text(["Scie sauteuse"])
    page.go_back()
    expect(page).to_have_url(f"{lab.url}/labs")


def test_a_filter_that_holds_is_taken_away_by_its_chip(page: Page, lab: Lab) -> None:
    page.goto(f"{lab.url}/?q=scie&kind=material&terms=lend")
    expect(page.locator("#count")).to_contain_text("Rien trouvé")
    wider = page.get_by_role("link", name="matière")
    expect(wider.last).to_be_visible()
    page.get_by_role("link", name="Enlever le filtre").first.click()
    expect(page).to_have_url(f"{lab.url}/?q=scie&terms=lend")
    expect(page.locator("#results h2")).to_have_text(["Scie sauteuse"])


def test_a_filter_narrows_what_is_shown(page: Page, lab: Lab) -> None:
    page.goto(lab.url)
    page.get_by_text("Filtres").click()
    page.get_by_label("Sorte").select_option("material")
    expect(page.locator("#results h2")).to_have_text(["Contreplaqué peuplier"])


def test_a_phone_shows_every_page_without_scrolling_sideways(page: Page, lab: Lab) -> None:
    for path in ("/", "/?q=laser", "/labs", f"/lab/{lab.id}", "/join"):
        page.goto(lab.url + path)
        wide = page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE["width"], path


def test_all_of_it_works_without_scripts_and_in_english(browser: Browser, lab: Lab) -> None:
    context = phone(browser, "en-GB", java_script_enabled=False)
    page = context.new_page()
    page.goto(lab.url)
    page.get_by_role("searchbox").fill("laser cuter")
    page.get_by_role("button", name="Search").click()
    expect(page.locator("#results h2").first).to_have_text("Découpeuse laser Trotec Speedy 100")
    page.get_by_role("link", name="Français").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Que cherchez-vous\u00a0?")
    page.goto(lab.url)
    expect(page.get_by_role("heading", level=1)).to_have_text("Que cherchez-vous\u00a0?")
    context.close()
