"""Every page, for everybody: axe-core and beyond, both languages, phone and desk, light and dark.

Pages are found from the table of routes; those with a name in their address by following links, so
that a page to which nothing leads is found out too. The lab has something of everything.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

import pytest
from playwright.sync_api import Browser, Page

from fedlab.node.web.access import ROUTES, SESSION_COOKIE
from fedlab.node.web.i18n import LANGUAGES
from tests.e2e.pages.auditing import audit
from tests.e2e.pages.fulllab import FullLab

# What is served to programs, and what is no page of its own.
NOT_PAGES = (
    "/api/",
    "/static",
    "/log/",
    "/sync",
    "/metrics",
    "/healthz",
    "/photo/",
    "/purchase/{purchase}/order.csv",
    "/purchase/{purchase}/shares.csv",
    "/labels/sheet",
    "/labels/print.pdf",
    "/network/bundle",
    "/okw.json",
    "/spaceapi.json",
    "/lamednum.csv",
    "/calendar/",
    "/I/{lab}/{code}/calendar.ics",
)
# These ask who is not signed in, or has not set the lab up.
ELSEWHERE = {"/log", "/login", "/enter/{secret}", "/setup", "/setup/account", "/setup/{step}"}
SHAPES = {
    shape for method, shape in ROUTES if method == "GET" and not shape.startswith(NOT_PAGES)
} - ELSEWHERE


@pytest.fixture(params=LANGUAGES)
def code(request: pytest.FixtureRequest) -> str:
    return str(request.param)


Sit = Callable[[str], Page]


@pytest.fixture
def sit(browser: Browser, lab: FullLab, code: str) -> Iterator[Sit]:
    """Sit down with a session, in one language; without colours that fade over from one theme."""
    context = browser.new_context(locale=code, reduced_motion="reduce")
    context.set_default_timeout(20_000)
    page = context.new_page()

    def sit_down(session: str) -> Page:
        context.clear_cookies()
        if session:
            context.add_cookies([{"name": SESSION_COOKIE, "value": session, "url": lab.url}])
        return page

    yield sit_down
    context.close()


def shape_of(path: str) -> str | None:
    """Return the page that a path leads to, the plainest of those it fits."""
    for shape in sorted(SHAPES, key=lambda shape: shape.count("{")):
        if re.fullmatch(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(shape)), path.partition("?")[0]):
            return shape
    return None


def find_pages(page: Page, url: str, *known: str) -> dict[str, str]:
    """Return one address of each page, by its route: the plain ones, and what they link to."""
    waiting = [*known, *(shape for shape in sorted(SHAPES) if "{" not in shape)]
    found: dict[str, str] = {}
    for path in waiting:
        shape = shape_of(path)
        if shape is None or shape in found:
            continue
        answer = page.request.get(url + path, headers={"Accept": "text/html"})
        assert answer.status < 500, path
        found[shape] = path
        links = re.findall(r'href="(/[^"#]*)', answer.text())
        waiting += [link for link in links if "lang=" not in link]  # it would stay
    return found


def told(wrong: Mapping[object, Iterable[str]]) -> str:
    """Write down every fault in full, page by page."""
    return "\n".join(f"{page}\n    " + "\n    ".join(faults) for page, faults in wrong.items())


def test_every_page(sit: Sit, lab: FullLab, code: str) -> None:
    page = sit(lab.admin)
    lathe = f"{lab.far}/LATHE"  # whose wishes are for those who cannot ask for the lab
    pages = find_pages(page, lab.url, f"/I/{lathe}", f"/loans/wish/{lathe}")
    pages |= find_pages(
        page, lab.url, f"/I/{lab.id}/DRILL"
    )  # an own item leads elsewhere than one of another lab
    assert SHAPES - pages.keys() == set(), "pages to which nothing leads"
    more = ["/?q=perceuse", "/?q=percuese", "/?q=zzzz", "/?within=far", "/labels?address=change"]
    more += ["/counter?show=back", "/counter?show=overdue", f"/I/{lab.far}/LATHE", "/I/x/NOPE"]
    more += [f"/loan/{loan}" for loan in lab.loans]
    more += [f"/I/{lab.id}/PLY", f"/lab/{lab.far}"]
    wrong: dict[str, list[str]] = {}
    titles: dict[str, str] = {}
    steps = ["/setup/import", "/setup/join", "/setup/done"]
    for path in [*pages.values(), *steps, *more]:
        page.goto(lab.url + path)
        if problems := audit(page, code):
            wrong[path] = problems
        is_own = path not in more and page.url == lab.url + path  # and not led on to another
        if is_own and (other := titles.setdefault(page.title(), path)) != path:
            wrong.setdefault(path, []).append(f"has the title of {other}")
    assert wrong == {}, told(wrong)


def test_pages_of_those_who_are_not_signed_in_or_may_not(sit: Sit, lab: FullLab, code: str) -> None:
    wrong = {}
    for session, path in (
        ("", "/"),
        ("", "/login"),
        ("", f"/enter/{lab.card}"),
        ("", "/enter/spent"),
        ("", "/settings"),
        ("", f"/I/{lab.id}/DRILL"),
        (lab.member, "/mine"),
        (lab.member, "/settings"),
        (lab.member, "/account"),
    ):
        page = sit(session)
        page.goto(lab.url + path)
        if problems := audit(page, code):
            wrong[session, path] = problems
    assert wrong == {}, told(wrong)


# Where a form stands, what it is sent to, and what is written into it.
REFUSED = (
    ("/desk/new", "/desk/new", {"name": "", "price": "viel"}),
    ("/desk/item/DRILL", "/desk/item/DRILL", {"name": "", "quantity": "-1", "lang": ""}),
    ("/desk/item/DRILL", "/desk/item/DRILL/hold", {"from": "", "quantity": "x"}),
    ("/desk/import", "/desk/import", {}),
    ("/members", "/members", {"name": "", "email": "nobody"}),
    ("/members/import", "/members/import", {}),
    ("/settings", "/settings", {"name": "", "url": "x", "place": "Brest"}),
    ("/labels?address=change", "/labels/address", {"address": "atelier <b>"}),
    ("/labels", "/labels/print", {"start": "99"}),
    ("/labels", "/labels/print", {"codes": "NOPE"}),
    ("/counter/lend/PLY", "/counter/lend/PLY", {"due": "2020-01-01"}),
    ("/counter/lend/PLY", "/counter/lend/PLY", {"caution": "viel"}),
    ("/counter/loans/1", "/counter/loans/1/extend", {"due": "2020-01-01"}),
    ("/counter/mail", "/counter/mail", {"host": ""}),
    ("/backups", "/backups", {"folder": "relative"}),
    ("/network/join", "/network/join", {"link": "rubbish"}),
    ("/network", "/network/bundle", {}),
    ("/account", "/account/password", {"old": "wrong", "new": "short"}),
    ("/account", "/account/tokens", {"name": ""}),
    ("/I/{lab}/DRILL", "/item/DRILL/photos", {}),
)
SEND = """([action, values]) => {
  const names = Object.keys(values);
  const form = [...document.forms].find(one => new URL(one.action).pathname === action
    && names.every(name => one.elements[name]));
  if (!form) throw Error(`no form for ${names} is sent to ${action}`);
  for (const [name, value] of Object.entries(values)) {
    const field = form.elements[name];
    field.type = field.type === "date" && !value ? "text" : field.type;
    field.value = value;
  }
  form.noValidate = true;
  setTimeout(() => HTMLFormElement.prototype.submit.call(form));
}"""


def test_a_form_that_is_refused_says_so_where_it_is_wrong(
    sit: Sit, lab: FullLab, code: str
) -> None:
    """And says it aloud, and keeps what was typed."""
    page = sit(lab.admin)
    wrong: dict[str, list[str]] = {}
    for path, action, values in REFUSED:
        page.goto(lab.url + path.format(lab=lab.id))
        with page.expect_navigation() as answered:
            page.evaluate(SEND, [action, values])
        problems = audit(page, code)
        if answered.value.status != 422:
            problems.append(f"is answered with {answered.value.status}")
        if not page.locator("[role=alert]").count():
            problems.append("tells nobody")
        for name, value in values.items():
            if name != "old" and name != "new":
                kept = page.locator(f"form[action^='{action}'] [name={name}]").first
                if not kept.count() or kept.input_value() != value:
                    problems.append(f"forgets {name}")
        if problems:
            wrong[f"{action} {values}"] = problems
    assert wrong == {}, told(wrong)


def test_what_is_shown_once(sit: Sit, lab: FullLab, code: str) -> None:
    """A one-time link, a card, an invitation, a token; and labels to print."""
    page = sit(lab.admin)
    wrong = {}
    number = lab.members["Camille"]
    for path, action, values in (
        (f"/members/{number}", f"/members/{number}/link", {}),
        (f"/members/{number}", f"/members/{number}/card", {}),
        ("/network", "/network/invite", {}),
        ("/account", "/account/tokens", {"name": "Tableau"}),
        ("/labels", "/labels/print", {}),
    ):
        page.goto(lab.url + path)
        with page.expect_navigation():
            page.evaluate(SEND, [action, values])
        if problems := audit(page, code):
            wrong[action] = problems
    assert wrong == {}, told(wrong)


BAD = {
    "label: ": "<input>",
    "unlabelled: ": "<input placeholder='Name'>",
    "image-alt: ": "<img src='x'>",
    "color-contrast: ": "<p style='color: #999; background: #fff'>pale</p>",
    "dark color-contrast: ": "<style>@media (prefers-color-scheme: dark) {p {color: #222;"
    " background: #000}}</style><p>dark</p>",
    "target-size: ": "<p><button style='padding: 0; width: 9px; height: 9px'>a</button><button"
    " style='padding: 0; width: 9px; height: 9px'>b</button></p>",
    "label-content-name-mismatch: ": "<button aria-label='other'>one</button>",
    "scrolls sideways": "<div style='width: 400px'>wide</div>",
    "wrong without a word: ": "<label>a <input aria-invalid='true'></label>",
    "second of its id: ": "<p id='a'></p><p id='a'></p>",
    "is not in fr": "<script>document.documentElement.lang = 'en'</script>",
    "has not one main heading": "<h1>second</h1>",
}


def test_the_audit_sees_what_is_wrong(browser: Browser) -> None:
    """Negative control: a sound page has nothing, and each fault that is put in is found."""
    page = browser.new_page(reduced_motion="reduce")
    sound = "<html lang=fr><title>a</title><main><h1>a</h1>{}</main></html>"
    page.set_content(sound.format(""))
    assert audit(page, "fr") == []
    for said, fault in BAD.items():
        page.set_content(sound.format(fault))
        assert any(one.startswith(said) for one in audit(page, "fr")), said
    page.context.close()
