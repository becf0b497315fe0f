"""The search comes alive in a browser: what a script adds to forms that work without one."""

import re

from playwright.sync_api import Browser, expect

from tests.e2e.pages.browsing import before
from tests.e2e.pages.fulllab import FullLab


def test_results_come_while_typing(browser: Browser, lab: FullLab) -> None:
    with before(browser, lab.url, "fr") as visitor:
        visitor.opens("/")
        box = visitor.page.get_by_role("searchbox")
        box.press_sequentially("decoupe las", delay=20)
        first = visitor.page.locator("#results h2").first
        expect(first).to_have_text("Découpeuse laser")
        assert box.input_value() == "decoupe las", "nothing typed is lost"
        first.get_by_role("link").click()
        visitor.finds("Découpeuse laser")
        visitor.reads("use on site")


def test_a_filter_narrows_what_is_shown(browser: Browser, lab: FullLab) -> None:
    with before(browser, lab.url, "fr") as visitor:
        visitor.opens("/?q=laser")
        expect(visitor.page.locator("#results h2").first).to_have_text("Découpeuse laser")
        visitor.unfolds("Filters")
        visitor.chooses("Kind", "skill")
        expect(visitor.page.locator("#results h2")).to_have_text([re.compile("Sécurité laser")])


def test_the_address_follows_what_is_typed_and_going_back_leaves_at_once(
    browser: Browser, lab: FullLab
) -> None:
    """Only the results are changed: what is announced is the count, in an element that stays."""
    with before(browser, lab.url, "fr") as visitor:
        page, found = visitor.page, ["Perceuse"]
        visitor.opens("/labs")
        visitor.opens("/")
        count = page.locator("#count")
        count.evaluate("element => element.dataset.kept = 'yes'")
        page.get_by_role("searchbox").press_sequentially("perceuse", delay=20)
        expect(count).to_have_text("1 résultat")
        expect(page).to_have_url(f"{lab.url}/?q=perceuse")
        assert count.get_attribute("data-kept") == "yes"
        page.reload()
        expect(page.locator("#results h2")).to_have_text(found)
        page.locator("#results h2 a").click()
        visitor.finds("Perceuse")
        page.go_back()
        expect(page.locator("#results h2")).to_have_text(found)
        page.go_back()
        expect(page).to_have_url(f"{lab.url}/labs")


def test_a_filter_that_holds_is_taken_away_by_its_chip(browser: Browser, lab: FullLab) -> None:
    with before(browser, lab.url, "fr") as visitor:
        visitor.opens("/?q=perceuse&kind=material&terms=lend")
        expect(visitor.page.locator("#count")).to_contain_text("Rien trouvé")
        visitor.page.get_by_role("link", name="enlever ce filtre").first.click()
        expect(visitor.page).to_have_url(f"{lab.url}/?q=perceuse&terms=lend")
        expect(visitor.page.locator("#results h2")).to_have_text(["Perceuse"])
