"""The pages: search, item, labs, one lab, an invitation. Plain forms; htmx only makes them live."""

import datetime
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp_jinja2
import jinja2
import msgspec
from aiohttp import web

from fedlab.inventory.facts import KINDS, TERMS
from fedlab.node.errors import NotFoundError, ServiceError
from fedlab.node.service.answers import ItemAnswer
from fedlab.node.web import words
from fedlab.node.web.access import person_of
from fedlab.node.web.codes import typed_item
from fedlab.node.web.i18n import Language, negotiate
from fedlab.node.web.keys import ATTENTION, node_of
from fedlab.node.web.lent import loans_of
from fedlab.node.web.rings import draw
from fedlab.node.web.sentences import told
from fedlab.protocol.limits import HITS_MAX, ITEMS_LISTED_MAX

routes = web.RouteTableDef()

TEMPLATES_DIR: Final = Path(__file__).parent / "templates"
LANGUAGE_COOKIE: Final = "fedlab_language"
# A page of results on a phone; the next page is a link away.
HITS: Final = 20
ITEMS_OF_A_LAB: Final = 500
# How many days the item page shows of the calendar.
CALENDAR_DAYS: Final = 14
# Knowledge older than a day may be wrong about what is free.
STALE_SECONDS: Final = 86_400


class SearchForm(msgspec.Struct):
    """What the search form sent, as typed."""

    q: str = ""
    kind: str = ""
    terms: str = ""
    lab: str = ""
    category: str = ""
    near: str = ""
    within: str = ""
    date_from: str = ""
    date_to: str = ""
    limit: int = HITS

    @property
    def filtered(self) -> bool:
        return any((self.kind, self.terms, self.lab, self.within, self.date_from, self.date_to))

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "SearchForm":
        limit = query.get("limit", "")
        return cls(
            q=query.get("q", "").strip(),
            kind=query.get("kind", ""),
            terms=query.get("terms", ""),
            lab=query.get("lab", ""),
            category=query.get("category", ""),
            near=query.get("near", ""),
            within=query.get("within", ""),
            date_from=query.get("from", ""),
            date_to=query.get("to", ""),
            limit=min(int(limit), HITS_MAX) if limit.isdecimal() and len(limit) < 6 else HITS,
        )


def wants_html(request: web.Request) -> bool:
    """Whether a person's browser asks."""
    return "text/html" in request.headers.get("Accept", "")


def language_of(request: web.Request) -> Language:
    """Return the language in which a request is answered."""
    return negotiate(
        request.query.get("lang"),
        request.cookies.get(LANGUAGE_COOKIE),
        request.headers.get("Accept-Language", ""),
        "fr",
    )


def render(
    request: web.Request, template: str, status: int = 200, **context: Any
) -> web.StreamResponse:
    language = language_of(request)
    node = node_of(request)

    def switch(code: str) -> str:
        return f"{request.path}?{urlencode({**request.query, 'lang': code})}"

    response = aiohttp_jinja2.render_template(
        template,
        request,
        {
            "language": language,
            "_": language.gettext,
            "ngettext": language.ngettext,
            "ago": language.ago,
            "distance": language.distance,
            "quantity_text": lambda many, unit: words.quantity_text(language, many, unit),
            "days": language.days,
            "kind_name": lambda kind: words.kind_name(language, kind),
            "term_name": lambda term, item=None: words.term_name(language, term, item),
            "own": node.service.own(),
            "person": person_of(request),
            "may": person_of(request).may,
            "stale_s": STALE_SECONDS,
            "switch": switch,
            "told": lambda *sentences: told(language, *sentences),
            "page": "",
            "attention": request.get(ATTENTION, 0),
            **context,
        },
        status=status,
    )
    if request.query.get("lang") == language.code:
        response.set_cookie(
            LANGUAGE_COOKIE, language.code, max_age=31_536_000, httponly=True, samesite="Lax"
        )
    if person_of(request).id is not None:  # nobody else may see it by going back
        response.headers["Cache-Control"] = "no-store"
    response.headers["Vary"] = "Accept-Language, Cookie, HX-Request"
    return response


def error_page(request: web.Request, error: ServiceError, status: int) -> web.StreamResponse:
    """The page that says what was wrong and the way out, in the visitor's language.

    What the service says stands under that; what is not known in that language, as it is.
    """
    _ = language_of(request).gettext
    title, hint = _("This did not work."), _("Change what was asked, and try again.")
    if status == 404:
        title = _("There is nothing at this address.")
        hint = _("It may be mistyped, or no longer offered, or not known to this lab yet.")
    elif status >= 500:
        title, hint = _("Not just now."), _("Please try again in a moment.")
    return render(request, "error.html", status, title=title, hint=hint, error=error)


@routes.get("/")
async def search(request: web.Request) -> web.StreamResponse:
    node = node_of(request)
    form = SearchForm.of(request.query)
    typed = await node.read(typed_item, node.service, form.q) if form.q else None
    if typed is not None and typed.sure and "go" in request.query:
        if "HX-Request" in request.headers:
            return web.Response(headers={"HX-Redirect": typed.url})
        raise web.HTTPSeeOther(typed.url)
    answer = problem = None
    if form.q or form.filtered:
        try:
            answer = await node.read(lambda: node.service.search(**_arguments(form)))
        except ServiceError as exc:
            problem = told(language_of(request), exc.message, exc.hint)
    labs = await node.read(node.service.labs)
    more = {**request.query, "limit": str(min(form.limit + HITS, HITS_MAX))}
    return render(
        request,
        "search.html",
        page="search",
        query=form,
        typed=typed,
        answer=answer,
        problem=problem,
        labs=labs,
        items_total=sum(lab.items for lab in labs),
        kinds=KINDS,
        all_terms=TERMS,
        more=f"/?{urlencode(more)}" if form.limit < HITS_MAX else None,
    )


def _arguments(form: SearchForm) -> dict[str, Any]:
    """The form as the service takes it; what is empty is not asked."""
    named = {
        "kind": form.kind,
        "terms": [form.terms] if form.terms else None,
        "lab": form.lab,
        "category": form.category,
        "near": form.near,
        "within_km": form.within,
        "date_from": form.date_from,
        "date_to": form.date_to,
    }
    given = {name: value for name, value in named.items() if value}
    return {"text": form.q, "limit": form.limit, "prefix": True, **given}


@routes.get("/I/{lab}/{code}")
async def item(request: web.Request) -> web.StreamResponse:
    """What a QR label points to; letters' case does not matter, as labels carry capitals."""
    return await show_item(request, request.match_info["lab"], request.match_info["code"])


async def show_item(
    request: web.Request, lab: str, code: str, status: int = 200, photo_problem: str = ""
) -> web.StreamResponse:
    """Show an item's page, also with what was wrong with a form on it."""
    node = node_of(request)
    name = f"{lab.lower()}/{code.upper()}"
    today = datetime.datetime.now(tz=datetime.UTC).astimezone().date()
    until = today + datetime.timedelta(days=CALENDAR_DAYS - 1)
    found = await node.read(
        lambda: node.service.items.show(name, date_from=str(today), date_to=str(until))
    )
    other = await node.read(node.service.desk.in_other_language, found)
    to_be_seen = await node.read(node.service.desk.is_to_be_seen, found)
    rows = _item_rows(language_of(request), found, other)
    return render(
        request,
        "item.html",
        status,
        item=found,
        rows=rows,
        to_be_seen=to_be_seen,
        photo_problem=photo_problem,
        counter=await loans_of(request, found),
    )


def _item_rows(
    language: Language, found: ItemAnswer, other: Mapping[str, str]
) -> list[tuple[str, str]]:
    """What is known of an item, as label and text, in the order a borrower asks."""
    _ = language.gettext
    rows = [
        (_("In French"), other.get("fr", "")),
        (_("In English"), other.get("en", "")),
        (_("Quantity"), words.quantity_text(language, found.quantity, found.unit)),
        (_("Place in the lab"), found.place),
        (_("Price"), language.money(found.price) if found.price else ""),
        (_("Price per hour"), language.money(found.hourly) if found.hourly else ""),
        (_("Deposit"), language.money(found.deposit) if found.deposit else ""),
        (_("Replacement value"), language.money(found.value) if found.value else ""),
        (_("Brand"), found.brand),
        (_("Model"), found.model),
        (_("Serial number"), found.serial),
        (_("Condition"), found.condition),
        (_("Care"), found.care),
        (_("Safety"), found.safety),
        (_("Tags"), ", ".join(found.tags)),
        (_("The lab's own reference"), found.ref),
    ]
    return [(label, value) for label, value in rows if value]


@routes.get("/labs")
async def labs(request: web.Request) -> web.StreamResponse:
    node = node_of(request)
    found = await node.read(node.service.labs)
    return render(request, "labs.html", page="labs", labs=found, rings=draw(found))


@routes.get("/lab/{lab}")
async def lab(request: web.Request) -> web.StreamResponse:
    node = node_of(request)
    wanted = request.match_info["lab"].lower()
    known = [one for one in await node.read(node.service.labs) if one.lab == wanted]
    if not known:
        raise NotFoundError("no lab of this name is known here", "see the list of labs")
    limit = ITEMS_LISTED_MAX if request.query.get("all") else ITEMS_OF_A_LAB
    items = await node.read(lambda: node.service.items.list(lab=wanted, limit=limit))
    _ = language_of(request).gettext
    found = known[0]
    rows = [
        (_("Address"), found.address),
        (_("Opening hours"), found.hours),
        (_("Contact"), found.contact),
        (_("Website"), found.url),
    ]
    shown = [(label, value) for label, value in rows if value]
    more = f"{request.path}?all=1" if limit <= len(items.items) < found.items else None
    return render(request, "lab.html", lab=found, items=items.items, rows=shown, more=more)


@routes.get("/join")
async def join(request: web.Request) -> web.StreamResponse:
    """Where an invitation lands in a browser; its secret stays behind the `#`, unseen by us."""
    return render(request, "join.html", link=str(request.url.with_fragment(None)) + "#…")


def setup(app: web.Application, static_url: Callable[[str], str]) -> None:
    """Give the application its templates: escaped, and strict about what is missing."""
    env = aiohttp_jinja2.setup(
        app,
        loader=jinja2.FileSystemLoader(TEMPLATES_DIR),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.globals["static"] = static_url
