"""A lab's machine is lost: on a phone, without scripts, it comes back from a file and its words.

Before that an invitation was scanned, which leads from the inviting lab's page to one's own. axe
looks at the pages of the first start, which the audit of a founded lab cannot see.
"""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from fedlab.node.config import Folder
from fedlab.node.service import Service
from tests.e2e.nodes import DEADLINE_S, Lab
from tests.e2e.pages.browsing import DESK, PHONE, Person, before
from tests.e2e.pages.test_five_minutes import first_start
from tests.node.labs import ask, found_lab


def lost_lab(at: Path) -> tuple[bytes, str]:
    """Return the backup and the paper of a lab that is gone."""
    (at / "stick").mkdir(parents=True)
    words = found_lab(at / "gone", "Ponant").recovery_words
    with Service(Folder(at / "gone")) as service:
        ask(service, "item_add", change={"name": "Fraiseuse"})
        service.members.add_first("Ada", "ada", "")
        backup = Path(service.backups.write(str(at / "stick")).path)
    return backup.read_bytes(), " ".join(words)


def send(who: Person, backup: bytes, words: str) -> None:
    if backup:
        file = {"name": "a.fedlab", "mimeType": "application/octet-stream", "buffer": backup}
        who.page.locator("#file").set_input_files(file)  # type: ignore[arg-type]
    who.writes("The twelve recovery words", words)
    who.presses("Restore")


def test_a_scanned_invitation_leads_home_and_a_backup_brings_the_lab_back(
    browser: Browser, tmp_path: Path
) -> None:
    backup, words = lost_lab(tmp_path / "lost")
    quai = Lab(tmp_path / "quai", "Quai")
    with quai.running(), first_start(tmp_path / "new") as (address, code):
        home = address.removesuffix("/setup")
        with before(browser, home, "fr", PHONE, scripts=False) as lea:
            lea.opens(quai.run("invite")["url"])
            lea.finds(lea.word("An invitation from %(name)s", name="Quai"))
            lea.writes("Is your lab’s fedlab elsewhere? Its address:", home)
            lea.presses("Use this address")
            lea.presses("Go on at %(address)s", address=home)
            assert lea.page.url.startswith(home)

            lea.writes("Set-up code", code)
            lea.presses("Begin")
            lea.presses("Restore a backup")
            send(lea, backup[:-9], words)
            # Here and below the page looks again by itself, for as long as the machine takes.
            expect(lea.page.locator("#backup-problem")).to_be_visible(timeout=DEADLINE_S * 1000)
            lea.is_told("This backup is cut short or damaged. Copy it again, or take another one.", "alert")  # fmt: skip  # noqa: E501
            send(lea, backup, "abaisser " * 11)
            lea.reads("The file that has arrived here: %(name)s", name="Ponant")
            send(lea, b"", words.upper())
            back = lea.page.get_by_role("heading").filter(has_text="Ponant")
            expect(back).to_be_visible(timeout=DEADLINE_S * 1000)  # the node has taken over
            lea.finds(lea.word("%(name)s is back", name="Ponant"))
            lea.presses("Sign in")
            lea.finds(lea.word("Sign in"))


@pytest.mark.parametrize(
    ("code", "theme", "size"), [("fr", "light", PHONE), ("en", "dark", DESK)], ids=["phone", "desk"]
)
def test_axe_finds_nothing_on_the_pages_of_a_first_start(
    browser: Browser, tmp_path: Path, code: str, theme: str, size: object
) -> None:
    with first_start(tmp_path / "new") as (address, setup_code):
        home = address.removesuffix("/setup")
        with before(browser, home, code, size) as ada:  # type: ignore[arg-type]
            ada.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
            wrong: dict[str, list[str]] = {}

            def look() -> None:
                found = Axe().run(ada.page).response["violations"]
                wrong[ada.page.url] = [f"{one['id']}: {one['nodes'][0]['html']}" for one in found]

            ada.opens(f"/setup?code={setup_code}")
            look()
            ada.presses("Begin")
            look()
            ada.opens("/setup/restore")
            look()
            ada.presses("Restore")
            look()
            ada.opens("/setup/lab")
            look()
            ada.writes("Name of the lab", "Ponant")
            ada.writes("Where on the map", "nowhere")
            ada.presses("Go on")
            look()
            ada.writes("Where on the map", "")
            ada.presses("Go on")
            look()
            ada.presses("They are on paper")
            look()
            assert len(wrong) >= 5 and not any(wrong.values()), wrong
