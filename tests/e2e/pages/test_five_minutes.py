"""The first five minutes of two labs, as their people live them: real processes, a real browser.

From an empty folder to a tool found in the other lab. Ponant's Léa reads French on a phone; Quai's
Tom reads English at a desk, and both do the same things.
"""

import json
from contextlib import ExitStack
from io import BytesIO
from pathlib import Path
from urllib.request import urlopen

import pypdf
from playwright.sync_api import Browser, expect

from fedlab.formats.labels import qr_path
from tests.e2e.nodes import until
from tests.e2e.pages.browsing import DESK, PHONE, Person, before
from tests.e2e.pages.founding import first_start, found_a_lab


def make_an_account(who: Person, name: str) -> None:
    who.writes("Your name", name)
    who.writes("Name to sign in with", name.lower())
    who.writes("Password", "quatre mots bien choisis")
    who.presses("Make the account")
    who.finds(who.word("The inventory"))


def import_a_sheet(who: Person, sheet: Path) -> None:
    who.field("File").set_input_files(sheet)
    who.presses("Look at it")
    who.finds(sheet.name)
    who.presses("Import")
    who.is_told("Imported.")


def print_labels(who: Person, name: str) -> str:
    """Print the label of a thing, as page and as PDF; return what a camera reads on it."""
    who.follows("Print labels")
    who.presses("Use this address")
    who.reads("Labels carry %(address)s.", address=who.url)
    who.presses("Show them to print")
    label = who.page.locator(".label", has=who.page.get_by_text(name, exact=True))
    code = label.locator(".code").inner_text()
    lab = json.load(urlopen(f"{who.url}/api/v1/status"))["lab"]
    carried = f"{who.url}/I/{lab}/{code}".upper()
    assert label.locator("path").get_attribute("d") == qr_path(carried)[1]
    who.follows("Back to the choice of labels")
    with who.page.expect_request("**/labels/print.pdf?*") as asked:
        who.presses("As PDF")
    pdf = who.page.request.get(asked.value.url).body()
    pages = pypdf.PdfReader(BytesIO(pdf)).pages
    assert any(name in page.extract_text() for page in pages)
    return carried


def add_an_item(who: Person, name: str) -> None:
    who.opens("/desk/new")
    who.writes("Name", name)
    who.presses("Add")
    who.finds(name)


def add_a_member(who: Person, name: str) -> None:
    who.opens("/settings")
    who.follows("Members")
    who.writes("Name", name)
    who.presses("Save")
    who.finds(name)


def lend(who: Person, label: str, borrower: str) -> None:
    """Scan a label, then two taps."""
    who.opens(label)
    who.presses("Lend")
    who.presses("Lend to %(name)s", name=borrower)
    expect(who.page.get_by_role("status")).to_contain_text(borrower)


def invite(who: Person) -> str:
    who.opens("/network")
    who.presses("Make an invitation")
    return who.page.locator("#link").inner_text()


def join(who: Person, link: str, name: str) -> None:
    who.opens("/network/join")
    who.writes("Invitation link", link)
    who.presses("See who it is from")
    expect(who.page.get_by_role("heading", level=2)).to_have_text(name)
    who.presses("Join this lab")
    who.finds(who.word("Network"))


def finds_at(who: Person, question: str, name: str, lab: str) -> None:
    """Search until what the other lab has said has come, then look at it."""

    def search() -> bool:
        who.opens("/")
        who.page.get_by_role("searchbox").fill(question)
        who.presses("Search")
        return who.page.locator("#results article").filter(has_text=lab).count() > 0

    until(search, f"{name} of {lab}")
    who.page.locator("#results article").filter(has_text=lab).get_by_role("link").first.click()
    who.finds(name)
    expect(who.page.locator("main")).to_contain_text(lab)


def test_the_first_five_minutes(browser: Browser, tmp_path: Path, shared: Path) -> None:
    sheets = shared / "data" / "inventories"
    with ExitStack() as stack:
        address, code = stack.enter_context(first_start(tmp_path / "ponant"))
        lea = stack.enter_context(before(browser, address.removesuffix("/setup"), "fr", PHONE))
        found_a_lab(lea, address, code, "Ponant", "48.39, -4.49")
        make_an_account(lea, "Léa")
        import_a_sheet(lea, sheets / "makespace-cambridge-equipment.csv")
        label = print_labels(lea, "cordless_1")
        add_a_member(lea, "Camille")
        lend(lea, label, "Camille")
        link = invite(lea)

        address, code = stack.enter_context(first_start(tmp_path / "quai"))
        tom = stack.enter_context(before(browser, address.removesuffix("/setup"), "en", DESK))
        found_a_lab(tom, address, code, "Quai", "47.75, -3.36")
        make_an_account(tom, "Tom")
        import_a_sheet(tom, sheets / "fablab-dz-exemple.xlsx")
        print_labels(tom, "THERMOCOUPLE")
        add_an_item(tom, "Laser cutter")
        join(tom, link, "Ponant")
        finds_at(tom, "cordless drill", "cordless_1", "Ponant")
        finds_at(lea, "découpeuse laser", "Laser cutter", "Quai")
