"""axe-core on every page, for an admin: light and dark, both languages, phone and desk.

Pages are found from the table of routes; those with a name in their address, by following links.
"""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from fedlab.node.config import Folder
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from fedlab.node.web.access import ROUTES, SESSION_COOKIE
from tests.e2e.chromium import chromium
from tests.e2e.nodes import Lab

# Each value of each of the three stands with each of another's at least once.
LOOKS = (("fr", "light", 360), ("en", "dark", 360), ("fr", "dark", 1280), ("en", "light", 1280))
NOT_PAGES = (
    "/api/",
    "/static",
    "/log",
    "/sync",
    "/metrics",
    "/healthz",
    "/photo/",
    "/labels/sheet",
)
GONE = "/logout"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, str]]:
    """A running lab, and the session of its admin."""
    lab = Lab(tmp_path_factory.mktemp("audited"), "Ponant", (48.39, -4.49))
    lab.run("item", "add", "--name", "Découpeuse laser", "--code", "LASER", "--terms", "use")
    lab.run("item", "add", "--name", "Perceuse", "--code", "DRILL", "--terms", "lend")
    lab.run("need", "publish", "--title", "Rectifieuse plane", "--until", "2027-01-31")
    with Service(Folder(lab.data)) as service:
        admin = service.members.add_first("Ada", "ada", "")
        assert service.members.get(admin).role is Role.ADMIN
        secret = service.members.begin_session(admin, "Chromium", "127.0.0.1")
    with lab.running():
        yield lab, secret


def shape_of(path: str) -> str | None:
    """Return the route that a path belongs to, if it is a page's."""
    for shape in (shape for method, shape in ROUTES if method == "GET"):
        pattern = re.sub(r"\\?\{\w+\\?\}", "[^/]+", re.escape(shape))
        if not shape.startswith(NOT_PAGES) and re.fullmatch(pattern, path):
            return shape
    return None


def find_pages(page: Page, url: str) -> dict[str, str]:
    """Return one address of each page, by its route: the plain ones, and what they link to."""
    shapes = [shape for method, shape in ROUTES if method == "GET"]
    waiting = [shape for shape in shapes if "{" not in shape and not shape.startswith(NOT_PAGES)]
    found: dict[str, str] = {}
    while waiting:
        path = waiting.pop(0)
        shape = shape_of(path)
        if shape is None or shape in found:
            continue
        answer = page.request.get(url + path, headers={"Accept": "text/html"})
        if "text/html" not in answer.headers.get("content-type", ""):
            continue
        assert answer.status < 500, path
        found[shape] = path
        links = re.findall(r'href="(/[^"?#]*)', answer.text())
        waiting += [link for link in links if not link.startswith((GONE, *NOT_PAGES))]
    return found


def violations(page: Page) -> list[str]:
    """Return what axe finds wrong, each with the first element."""
    found = Axe().run(page).response["violations"]
    return [f"{one['id']}: {one['nodes'][0]['html'][:150]}" for one in found]


@pytest.mark.parametrize("look", LOOKS, ids=lambda look: "-".join(map(str, look)))
def test_axe_finds_nothing_on_any_page(
    browser: Browser, lab: tuple[Lab, str], look: tuple[str, str, int]
) -> None:
    (node, secret), (language, theme, width) = lab, look
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        locale=language,
        color_scheme="dark" if theme == "dark" else "light",
    )
    context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": node.url}])
    page = context.new_page()
    pages = find_pages(page, node.url)
    assert len(pages) >= 10, "the links are followed"
    wrong = {}
    for path in pages.values():
        page.goto(node.url + path)
        if problems := violations(page):
            wrong[path] = problems
        if page.evaluate("document.documentElement.scrollWidth") > width:
            wrong.setdefault(path, []).append("scrolls sideways")
    context.close()
    assert wrong == {}


def test_axe_sees_what_is_wrong(browser: Browser) -> None:
    """Negative control."""
    page = browser.new_page()
    page.set_content("<html lang=fr><title>a</title><main><h1>a</h1><img src='x'></main></html>")
    assert any(problem.startswith("image-alt") for problem in violations(page))
    page.close()
