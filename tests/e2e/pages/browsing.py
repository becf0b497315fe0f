"""A person before a node's pages: what they press, follow, fill in and read, in one language.

Whoever reads French presses what the French page calls the button: the words are looked up in the
pages' own catalogue, so that one story is told in both languages.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect

from fedlab.node.web.access import SESSION_COOKIE
from fedlab.node.web.i18n import language

PHONE: ViewportSize = {"width": 360, "height": 740}
DESK: ViewportSize = {"width": 1280, "height": 800}
# What a browser notes of answers that are no 200, as a form with something wrong in it; and of a
# header that only counts over HTTPS, which a lab's own network mostly has not.
ORDINARY = ("Failed to load resource", "The Cross-Origin-Opener-Policy header has been ignored")


class Person:
    """Somebody before the pages of one node."""

    def __init__(self, page: Page, url: str, code: str) -> None:
        self.page = page
        self.url = url
        self.code = code

    def word(self, message: str, **values: object) -> str:
        """Return what the pages say for an English message."""
        return language(self.code).gettext(message, **values)

    def opens(self, path: str) -> None:
        """Type an address, or scan it."""
        self.page.goto(self.url + path if path.startswith("/") else path)

    def presses(self, message: str, **values: object) -> None:
        """Press the button of that name."""
        self.page.get_by_role("button", name=self.word(message, **values), exact=True).click()

    def follows(self, message: str, **values: object) -> None:
        """Follow the link of that name, in the page itself."""
        main = self.page.locator("main, footer, header.tools")
        main.get_by_role("link", name=self.word(message, **values), exact=True).first.click()

    def field(self, message: str, **values: object) -> Locator:
        """Return the first field of that label; what is searched in has none of its own."""
        labelled = self.page.get_by_label(self.word(message, **values))
        return labelled.and_(self.page.locator(":not([type=search])")).first

    def writes(self, message: str, text: str, **values: object) -> None:
        """Fill in the field of that label."""
        self.field(message, **values).fill(text)

    def chooses(self, message: str, option: str) -> None:
        """Choose an option, by its value, of the field of that label."""
        self.field(message).select_option(option)

    def unfolds(self, message: str) -> None:
        """Open what is folded away under a summary."""
        self.page.locator("summary", has_text=self.word(message)).first.click()

    def reads(self, message: str, **values: object) -> None:
        """Find a text on the page."""
        text = self.word(message, **values)
        expect(self.page.get_by_text(text).first).to_be_visible()

    def is_told(self, message: str, role: str = "status", **values: object) -> None:
        """Find a text where a screen reader announces it."""
        said: Any = role
        text = self.word(message, **values)
        expect(self.page.get_by_role(said).filter(has_text=text).first).to_be_visible()

    def finds(self, heading: str) -> None:
        """Find oneself on the page of that main heading."""
        expect(self.page.get_by_role("heading", level=1)).to_have_text(heading)
        assert self.page.locator("html").get_attribute("lang") == self.code


@contextmanager
def before(
    browser: Browser,
    url: str,
    code: str,
    size: ViewportSize = PHONE,
    *,
    session: str = "",
    scripts: bool = True,
) -> Iterator[Person]:
    """Sit down before a node's pages; whatever the browser complains of fails the test."""
    context = browser.new_context(viewport=size, locale=code, java_script_enabled=scripts)
    context.set_default_timeout(20_000)
    if session:
        context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": url}])
    page = context.new_page()
    complaints: list[str] = []
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    try:
        yield Person(page, url, code)
    finally:
        context.close()
    complaints = [one for one in complaints if not one.startswith(ORDINARY)]
    assert complaints == [], complaints
