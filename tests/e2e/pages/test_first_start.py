"""The pages of the set-up, each step and each refusal, audited as every other page is."""

from pathlib import Path

from playwright.sync_api import Browser

from fedlab.node.web.i18n import LANGUAGES
from tests.e2e.pages.auditing import audit
from tests.e2e.pages.browsing import Person, before
from tests.e2e.pages.founding import first_start, give_words_back


class Audited:
    """What is wrong, step by step, in both languages."""

    def __init__(self, who: Person) -> None:
        self.who = who
        self.wrong: dict[str, list[str]] = {}
        self.titles: dict[str, str] = {}

    def step(self, path: str, values: dict[str, str] | None = None) -> None:
        """Audit a step, and the answer to a form of it that is wrong."""
        for code in LANGUAGES:
            self.who.code = code
            self.who.opens(f"{path}?lang={code}")
            self._audit(path)
            assert self.titles.setdefault(self.who.page.title(), path) == path
            if values is not None:
                for name, value in values.items():
                    self.who.page.locator(f"[name={name}]").fill(value)
                self.who.page.locator("form").first.evaluate("form => form.noValidate = true")
                with self.who.page.expect_navigation() as answered:
                    self.who.page.locator("form button").first.click()
                assert answered.value.status in (422, 429), path
                assert self.who.page.get_by_role("alert").count()
                self._audit(f"{path} with {values}")

    def _audit(self, what: str) -> None:
        if problems := audit(self.who.page, self.who.code):
            self.wrong[f"{what} {self.who.code}"] = problems


def test_every_step_of_the_set_up(browser: Browser, tmp_path: Path) -> None:
    with first_start(tmp_path / "lab") as (address, code):
        with before(browser, address.removesuffix("/setup"), "fr") as who:
            who.page.emulate_media(reduced_motion="reduce")
            audited = Audited(who)
            audited.step("/setup", {"code": "WRONG"})
            who.writes("Set-up code", code)
            who.presses("Begin")
            audited.step("/setup")
            audited.step("/setup/restore")
            audited.step("/setup/lab", {"name": "", "place": "Brest"})
            who.writes("Name of the lab", "Ponant")
            who.writes("Where on the map", "")
            who.presses("Go on")
            audited.step("/setup/words")
            paper = who.page.locator(".words li").all_inner_texts()
            who.presses("They are on paper")
            audited.step("/setup/check", {"word0": "poisson"})
            give_words_back(who, paper)
            audited.step("/setup/account", {"name": "", "login": "", "password": "short"})
    assert audited.wrong == {}
