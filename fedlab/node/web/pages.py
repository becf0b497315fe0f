"""What all pages share, and those of the labs. Plain forms; htmx only makes them live."""

from pathlib import Path
from typing import Any, Final
from urllib.parse import urlencode

import aiohttp_jinja2
import jinja2
from aiohttp import web

from fedlab.node.errors import NotFoundError, ServiceError
from fedlab.node.web import words
from fedlab.node.web.access import person_of
from fedlab.node.web.dressing import static_url
from fedlab.node.web.hours import hours_in_words
from fedlab.node.web.i18n import Language, negotiate
from fedlab.node.web.keys import ATTENTION, SETUP, node_of
from fedlab.node.web.rings import draw
from fedlab.node.web.sentences import told
from fedlab.protocol.limits import ITEMS_LISTED_MAX

routes = web.RouteTableDef()

TEMPLATES_DIR: Final = Path(__file__).parent / "templates"
LANGUAGE_COOKIE: Final = "fedlab_language"
ITEMS_OF_A_LAB: Final = 100


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


def keep_language(request: web.Request, response: web.StreamResponse) -> None:
    """Have the browser keep the language that was just chosen, for a year."""
    code = language_of(request).code
    if request.query.get("lang") == code:
        response.set_cookie(
            LANGUAGE_COOKIE, code, max_age=31_536_000, httponly=True, samesite="Lax"
        )


def switch_to(request: web.Request, code: str) -> str:
    """Return the address of the page in hand in another language."""
    return f"{request.path}?{urlencode({**request.query, 'lang': code})}"


def render(
    request: web.Request, template: str, status: int = 200, **context: Any
) -> web.StreamResponse:
    """Answer with a page: what all templates know, and what is handed to this one."""
    language = language_of(request)
    node = node_of(request)
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
            "free_text": lambda hit, asked=(): words.free_text(language, hit, asked),
            "kind_name": lambda kind: words.kind_name(language, kind),
            "term_name": lambda term, item=None: words.term_name(language, term, item),
            "own": node.service.own(),
            "person": person_of(request),
            "may": person_of(request).may,
            "stale_s": words.STALE_SECONDS,
            "switch": lambda code: switch_to(request, code),
            "told": lambda *sentences: told(language, *sentences),
            "page": "",
            "setting_up": request.app[SETUP].step,
            "attention": request.get(ATTENTION, 0),
            **context,
        },
        status=status,
    )
    keep_language(request, response)
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
    if status == 403:
        title = _("Your account does not allow this.")
        hint = _("Ask a manager of this lab.")
    elif status == 404:
        title = _("There is nothing at this address.")
        hint = _("It may be mistyped, or no longer offered, or not known to this lab yet.")
    elif status >= 500:
        title, hint = _("Not just now."), _("Please try again in a moment.")
    return render(
        request,
        "error.html",
        status,
        title=title,
        hint=hint,
        error=error,
        detail=status not in (403, 404),
    )


@routes.get("/labs")
async def labs(request: web.Request) -> web.StreamResponse:
    node = node_of(request)
    found = await node.read(node.service.labs)
    return render(request, "labs.html", page="labs", labs=found, rings=draw(found))


@routes.get("/lab/{lab}")
async def lab(request: web.Request) -> web.StreamResponse:
    node = node_of(request)
    wanted = request.match_info["lab"].lower()
    found = await node.read(node.service.labs_part.one, wanted)
    if found is None:
        raise NotFoundError("no lab of this name is known here", "see the list of labs")
    limit = ITEMS_LISTED_MAX if request.query.get("all") else ITEMS_OF_A_LAB
    items = await node.read(lambda: node.service.items.list(lab=wanted, limit=limit))
    language = language_of(request)
    _ = language.gettext
    kinds = [
        (kind, [one for one in items.items if one.kind == kind])
        for kind in ("tool", "material", "skill")
    ]
    graph = await node.read(node.service.projector.graph)
    names = dict(await node.read(node.service.labs_part.choices, len(graph)))
    return render(
        request,
        "lab.html",
        lab=found,
        by_kind=[(kind, some) for kind, some in kinds if some],
        rows=[
            (label, lines)
            for label, lines in (
                (_("Address"), [found.address]),
                (_("Opening hours"), hours_in_words(language, found.hours)),
                (_("Contact"), [found.contact]),
            )
            if any(lines)
        ],
        vouched_by=[(by, names[by]) for by in sorted(names) if wanted in graph.get(by, ())],
        more=f"{request.path}?all=1" if limit <= len(items.items) < found.items else None,
    )


def setup(app: web.Application) -> None:
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
