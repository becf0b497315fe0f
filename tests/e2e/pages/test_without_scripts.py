"""Each core flow with JavaScript off: every form is a plain one, and every answer a page."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.e2e.nodes import Lab, until
from tests.e2e.pages.browsing import Person, before
from tests.e2e.pages.founding import first_start, found_a_lab
from tests.e2e.pages.fulllab import PASSWORD, FullLab
from tests.node.photos.pictures import picture


@pytest.fixture
def ada(browser: Browser, lab: FullLab) -> Iterator[Person]:
    """The admin on a phone, in French, without scripts."""
    with before(browser, lab.url, "fr", session=lab.admin, scripts=False) as ada:
        yield ada


@pytest.fixture
def visitor(browser: Browser, lab: FullLab) -> Iterator[Person]:
    with before(browser, lab.url, "en", scripts=False) as visitor:
        yield visitor


def test_no_script_runs_here(ada: Person) -> None:
    """Negative control: typing alone brings no results."""
    ada.opens("/")
    ada.page.get_by_role("searchbox").press_sequentially("perceuse")
    ada.page.wait_for_timeout(500)  # more than twice what a script would wait before it asks
    expect(ada.page.locator("#results h2")).to_have_count(0)


def test_search_filter_and_look(visitor: Person) -> None:
    visitor.opens("/")
    visitor.page.get_by_role("searchbox").fill("laser cuter")
    visitor.presses("Search")
    expect(visitor.page.locator("#results h2").first).to_have_text("Découpeuse laser")
    visitor.unfolds("Filters")
    visitor.chooses("Kind", "skill")
    visitor.presses("Apply")
    expect(visitor.page.locator("#results h2").first).to_have_text("Sécurité laser")
    visitor.page.locator("#results h2 a").first.click()
    visitor.finds("Sécurité laser")


def test_the_language_is_changed_and_stays(visitor: Person) -> None:
    visitor.opens("/?lang=fr")
    visitor.code = "fr"
    visitor.opens("/labs")
    visitor.finds(visitor.word("Labs"))


def test_sign_in_and_out(visitor: Person) -> None:
    visitor.opens("/login")
    for password, heading in (("wrong", "Sign in"), (PASSWORD, "What are you looking for?")):
        visitor.writes("Name or e-mail address", "ada")
        visitor.writes("Password", password)
        visitor.page.locator("main").get_by_role("button").click()
        visitor.finds(heading)
    visitor.opens("/account")
    visitor.page.locator("main form[action='/logout'] button").click()
    visitor.opens("/account")
    visitor.finds("Sign in")


def test_the_first_start(browser: Browser, tmp_path: Path) -> None:
    with first_start(tmp_path / "lab") as (address, code):
        with before(browser, address.removesuffix("/setup"), "en", scripts=False) as tom:
            found_a_lab(tom, address, code, "Quai", "47.75, -3.36")


def test_import_with_mapping_preview_and_undo(ada: Person, tmp_path: Path) -> None:
    sheet = tmp_path / "outils.csv"
    sheet.write_text("Nom;Coin\nTrusquin;Bois\n;Bois\n")
    ada.opens("/desk/import")
    ada.field("File").set_input_files(sheet)
    ada.presses("Look at it")
    ada.page.get_by_label("Coin").select_option("place")
    ada.presses("Read it so")
    expect(ada.page.get_by_role("region").last).to_contain_text("Trusquin")
    ada.presses("Import")
    ada.is_told("Imported.")
    ada.opens("/desk?q=trusquin")
    expect(ada.page.locator("main")).to_contain_text("Trusquin")
    ada.opens("/desk/import/undo")
    ada.presses("Take it back")
    ada.is_told("The last import was taken back.")


def test_an_item_is_added_with_a_photo(ada: Person) -> None:
    ada.opens("/desk/new")
    ada.presses("Add")
    ada.is_told("Not saved yet: look at what is marked below.", "alert")
    ada.writes("Name", "Scie sauteuse")
    ada.writes("Code", "JIGSAW")
    ada.presses("Add")
    ada.finds("Scie sauteuse")
    ada.follows("The page that others see; photos")
    ada.unfolds("Add a photo")
    photo = {"name": "scie.jpg", "mimeType": "image/jpeg", "buffer": picture()}
    ada.field("Add a photo").set_input_files(photo)
    ada.presses("Add")
    expect(ada.page.get_by_role("img")).to_have_count(1)


def test_labels(ada: Person) -> None:
    ada.opens("/labels")
    ada.writes("Codes, or nothing for all items", "DRILL")
    ada.presses("Show them to print")
    expect(ada.page.locator(".label")).to_contain_text("Perceuse")


def test_lend_and_take_back(ada: Person, lab: FullLab) -> None:
    ada.opens(f"/I/{lab.id}/LASER")
    ada.presses("Lend")
    ada.page.locator("[name=q]").fill("cam")
    ada.presses("Find")
    ada.page.locator("[name=due]").fill("2020-01-01")
    ada.page.locator("form").last.evaluate("form => form.noValidate = true")
    ada.presses("Lend to %(name)s", name="Camille")
    expect(ada.page.get_by_role("alert").first).to_be_visible()
    ada.page.locator("[name=due]").fill(str(ada.page.locator("[name=due]").get_attribute("min")))
    ada.presses("Lend to %(name)s", name="Camille")
    expect(ada.page.get_by_role("status").first).to_contain_text("Camille")
    ada.presses("Take back")
    ada.opens("/counter?show=back")
    expect(ada.page.locator("#loans")).to_contain_text("Découpeuse laser")


def test_reminders(ada: Person) -> None:
    ada.opens("/counter")
    ada.follows("Reminders")
    told = ada.page.locator("form[action$='/told'] button")
    waiting = told.count()
    assert waiting
    told.first.click()
    expect(told).to_have_count(waiting - 1)


def test_an_invitation_is_made_and_taken_up(
    browser: Browser, ada: Person, neighbour: tuple[Lab, str]
) -> None:
    ada.opens("/network")
    ada.presses("Make an invitation")
    link = ada.page.locator("#link").inner_text()
    quai, session = neighbour
    with before(browser, quai.url, "en", session=session, scripts=False) as tom:
        tom.opens("/network/join")
        tom.writes("Invitation link", link)
        tom.presses("See who it is from")
        tom.presses("Join this lab")
        tom.finds("Network")

    def connected() -> bool:
        ada.opens("/network")
        peer = ada.page.locator("main li").filter(has_text="Quai").first
        return peer.filter(has_text=ada.word("connected")).count() > 0

    until(connected, "the neighbour among the peers")


def test_members(ada: Person, browser: Browser, lab: FullLab) -> None:
    ada.opens("/members")
    ada.page.locator("main form").last.get_by_role("button").click()
    expect(ada.page.get_by_role("alert").first).to_be_visible()
    ada.writes("Name", "Noé")
    ada.presses("Save")
    ada.finds("Noé")
    ada.presses("Make a one-time link")
    link = ada.page.get_by_role("status").locator("code").inner_text()
    with before(browser, lab.url, "fr", scripts=False) as noe:
        noe.opens(link)
        noe.presses("Sign in")
        noe.opens("/mine")
        noe.finds(noe.word("My loans"))


def test_settings(ada: Person) -> None:
    ada.opens("/settings")
    ada.writes("Opening hours", "Tu-Fr 14:00-19:00")
    ada.presses("Save")
    ada.is_told("Saved.")


def test_backups(ada: Person, tmp_path: Path) -> None:
    ada.opens("/backups")
    ada.writes("Folder", str(tmp_path))
    ada.presses("Save")
    ada.presses("Back up now")
    expect(ada.page.get_by_role("heading", name=ada.word("What is there"))).to_be_visible()
    assert any(tmp_path.iterdir())


def test_what_needs_attention_leads_to_its_remedy(ada: Person) -> None:
    ada.opens("/attention")
    ada.page.locator(".trouble a").first.click()
    assert not ada.page.url.endswith("/attention")
