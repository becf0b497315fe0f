"""The search, home page of a lab: words, filters, results a page at a time, and a way on from none.

It is a plain form that asks by GET, so an address says all of a question. htmx only asks again
while somebody types, and gets the results alone.
"""

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import msgspec
from aiohttp import web

from fedlab.inventory.facts import KINDS, TERMS
from fedlab.node.days import days_between, is_day
from fedlab.node.errors import ServiceError
from fedlab.node.numbers import whole
from fedlab.node.service.answers import SearchAnswer
from fedlab.node.service.places import UnknownPlaceError
from fedlab.node.web import words
from fedlab.node.web.codes import Typed, typed_item
from fedlab.node.web.i18n import Language
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import language_of, render
from fedlab.protocol.limits import CALENDAR_DAYS_MAX, HITS_MAX, QUERY_CHARS_MAX

routes = web.RouteTableDef()

# A page of results on a phone; the next page is a link away.
HITS: Final = 20
PAGES: Final = HITS_MAX // HITS
# Of more labs nobody chooses from a list: the nearest are offered, and a lab's page has its own.
LABS_OFFERED: Final = 60
# Half the way round the Earth.
WITHIN_KM_MAX: Final = 20_038


class SearchForm(msgspec.Struct, frozen=True):
    """What the search form sent, as typed; names as in the address."""

    q: str = ""
    kind: str = ""
    terms: str = ""
    lab: str = ""
    category: str = ""
    near: str = ""
    within: str = ""
    date_from: str = ""
    date_to: str = ""

    @classmethod
    def of(cls, query: Mapping[str, str]) -> "SearchForm":
        return cls(*(query.get(_IN_ADDRESS.get(name, name), "").strip() for name in _FIELDS))

    @property
    def filtered(self) -> bool:
        """Whether anything is asked besides words."""
        return any((*(getattr(self, name) for name in _FIELDS[1:5]), self.within, *self.days))

    @property
    def days(self) -> tuple[str, ...]:
        """The days asked for, one or two."""
        return tuple(day for day in (self.date_from, self.date_to) if day)

    def url(self, changes: Mapping[str, str] = MappingProxyType({}), page: int = 1) -> str:
        """The address of this question with some answers changed."""
        values = {**msgspec.structs.asdict(self), **changes}
        named = {_IN_ADDRESS.get(name, name): value for name, value in values.items() if value}
        if page > 1:
            named["page"] = str(page)
        return f"/?{urlencode(named)}" if named else "/"


_FIELDS: Final = SearchForm.__struct_fields__
_IN_ADDRESS: Final = {"date_from": "from", "date_to": "to"}


class Chip(NamedTuple):
    """A filter that holds, in words, and the address without it."""

    names: tuple[str, ...]
    text: str
    url: str


class Looser(NamedTuple):
    """What would be found without some filter."""

    text: str
    total: int
    url: str


@routes.get("/")
async def search(request: web.Request) -> web.StreamResponse:
    node, language = node_of(request), language_of(request)
    form = SearchForm.of(request.query)
    typed = await node.read(typed_item, node.service, form.q) if form.q else None
    live = "HX-Request" in request.headers
    if typed is not None and typed.sure and "go" in request.query:
        if live:
            return web.Response(headers={"HX-Redirect": typed.url})
        raise web.HTTPSeeOther(typed.url)
    problems, asked = _read(language, form)
    page = _page(request.query.get("page", ""))
    answer = None
    looser: list[Looser] = []
    # While somebody types, the form stays: only the lab that is filtered by is named.
    most = 0 if live else LABS_OFFERED
    choices = node.service.labs_part.choices
    labs = await node.read(choices, most, form.lab) if most or form.lab else []
    chips = _chips(language, form, labs)
    if not problems and (form.q or form.filtered):
        try:
            offset = (page - 1) * HITS
            answer = await node.read(lambda: node.service.search(**asked, offset=offset))
            if not answer.total:
                found = await node.read(node.service.looser, asked)
                looser = [_looser(form, chips, one.filters, one.total) for one in found]
        except ServiceError as exc:
            problems = _problem(language, form, exc)
    context = _context(form, page, problems, chips, looser, answer, typed)
    context["known"] = await node.read(node.service.projector.count) if answer is None else 0
    if live:
        response = render(request, "search_results.html", live=True, **context)
        # The address follows what is shown, and going back leaves the search at once.
        response.headers["HX-Replace-Url"] = form.url(page=page)
        return response
    return render(
        request, "search.html", page="search", live=False, labs=labs, all_terms=TERMS, **context
    )


def _context(
    form: SearchForm,
    page: int,
    problems: dict[str, str],
    chips: list[Chip],
    looser: list[Looser],
    answer: SearchAnswer | None,
    typed: Typed | None,
) -> dict[str, Any]:
    pages = 0 if answer is None else -(-min(answer.total, HITS_MAX) // HITS)
    return {
        "query": form,
        "kinds": KINDS,
        "problems": problems,
        "chips": chips,
        "looser": looser,
        "answer": answer,
        "typed": typed,
        "at": page,
        "pages": pages,
        "hits_max": HITS_MAX,
        "before": form.url(page=page - 1) if page > 1 else None,
        "after": form.url(page=page + 1) if page < pages else None,
    }


def _page(text: str) -> int:
    return min(max(whole(text) or 1, 1), PAGES)


def _read(language: Language, form: SearchForm) -> tuple[dict[str, str], dict[str, Any]]:
    """Return what is wrong with the form, by field, and the question as the service takes it."""
    _ = language.gettext
    problems = {}
    if len(form.q) > QUERY_CHARS_MAX:
        problems["q"] = _("That is too long: a few words are enough.")
    for name in ("date_from", "date_to"):
        if (day := getattr(form, name)) and not is_day(day):
            problems[name] = _("This is not a day. Write it as 2026-03-31.")
    if not problems and len(form.days) == 2:
        length = days_between(*form.days)
        if length < 0:
            problems["date_to"] = _("This day is before the first one.")
        elif length >= CALENDAR_DAYS_MAX:
            problems["date_to"] = _("This is too long. Ask for a shorter time.")
    within = None
    if form.within:
        try:
            within = float(form.within.replace(",", "."))
        except ValueError:
            within = -1.0
        if not 0 <= within <= WITHIN_KM_MAX:
            problems["within"] = _("Write a number of kilometres.")
    named = {
        "kind": form.kind if form.kind in KINDS else "",
        "terms": [form.terms] if form.terms in TERMS else None,
        "lab": form.lab,
        "category": form.category,
        "near": form.near,
        "within_km": within,
        "date_from": form.date_from,
        "date_to": form.date_to,
    }
    given = {name: value for name, value in named.items() if value not in (None, "")}
    return problems, {"text": form.q, "limit": HITS, "prefix": True, **given}


def _problem(language: Language, form: SearchForm, exc: ServiceError) -> dict[str, str]:
    """Return what the service refused, beside the field that it is about."""
    _ = language.gettext
    if isinstance(exc, UnknownPlaceError):
        return {
            "near": _(
                "No lab is known at this place. Write the name of a lab, its town, or latitude "
                "and longitude such as 48.39,-4.49."
            )
        }
    if form.lab and exc.http_status == 404:
        return {"lab": _("This lab is not known here.")}
    return {"q": _("This cannot be searched. Try a few words.")}


def _chips(language: Language, form: SearchForm, labs: Sequence[tuple[str, str]]) -> list[Chip]:
    """Return the filters that hold, in words, each with the address without it."""
    _ = language.gettext
    texts: list[tuple[tuple[str, ...], str]] = []
    if form.kind in KINDS:
        texts.append((("kind",), words.kind_name(language, form.kind)))
    if form.terms in TERMS:
        texts.append((("terms",), words.term_name(language, form.terms)))
    if form.lab:
        texts.append((("lab",), dict(labs).get(form.lab, form.lab[:8])))
    if form.category:
        texts.append((("category",), form.category))
    if form.within:
        far = _("at most %(km)s km", km=form.within)
        texts.append((("within",), far))
    if form.near:
        texts.append((("near",), _("near %(place)s", place=form.near)))
    if days := [day for day in form.days if is_day(day)]:
        span = language.days(min(days), max(days))
        texts.append((("date_from", "date_to"), _("available %(days)s", days=span)))
    return [Chip(names, text, form.url(dict.fromkeys(names, ""))) for names, text in texts]


def _looser(form: SearchForm, chips: list[Chip], filters: Sequence[str], total: int) -> Looser:
    """Return in words what leaving some filters out would bring."""
    names = {"within" if name == "within_km" else name for name in filters}
    texts = [chip.text for chip in chips if names & set(chip.names)]
    return Looser(", ".join(texts), total, form.url(dict.fromkeys(names, "")))
