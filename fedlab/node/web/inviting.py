"""Where an invitation lands in a browser: whoever scans it is led on to their own lab's fedlab.

The page is the inviting lab's, and its reader another lab's manager. What an invitation says stands
in the query, not behind a `#`: only so can a page without scripts hand it on.
"""

import ipaddress
import re
from typing import Final
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from aiohttp import web

from fedlab.node.addresses import is_address
from fedlab.node.config import DEFAULT_PORT
from fedlab.node.web.keys import node_of
from fedlab.node.web.pages import language_of, render
from fedlab.protocol.limits import URL_CHARS_MAX, URLS_MAX

routes = web.RouteTableDef()

# What a Raspberry Pi prepared by our files answers to, and most people never change.
USUAL: Final = f"http://fedlab.local:{DEFAULT_PORT}"
# lab, network, token, name, and the addresses of the inviting node.
_PARTS: Final = ("lab", "network", "token", "name", "url")
_PARTS_MAX: Final = 4 + URLS_MAX
_HOST: Final = re.compile(r"([a-z0-9.-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.I)


@routes.get("/join")
async def join(request: web.Request) -> web.StreamResponse:
    """Explain the invitation, and lead to the lab that is to take it up."""
    _ = language_of(request).gettext
    said = [
        (name, text[:URL_CHARS_MAX])
        for name, text in parse_qsl(request.query_string)
        if name in _PARTS
    ][:_PARTS_MAX]
    link = f"{node_of(request).urls[0]}/join?{urlencode(said, quote_via=quote)}"
    typed = request.query.get("at", "").strip()[:URL_CHARS_MAX]
    address = address_of(typed) if typed else ""
    problem = ""
    if typed and not address:
        problem = _(
            "This is not an address. It looks like http://192.168.1.7:7390, or fedlab.local."
        )
    response = render(
        request,
        "join.html",
        422 if problem else 200,
        invites=any(name == "token" for name, _text in said),
        said=said,
        link=link,
        typed=typed,
        problem=problem,
        address=address,
        usual=USUAL,
        there=lambda address: f"{address}/network/join?{urlencode({'link': link})}",
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def address_of(typed: str) -> str:
    """Return the address of a node as people type it, or nothing: `fedlab.local`, `192.168.1.7`."""
    plain = typed.rstrip("/").removesuffix("/network").removesuffix("/setup")
    if "://" not in plain:
        host = plain.partition("/")[0].partition(":")[0]
        near = host.endswith(".local") or "." not in host or _is_ip(host)
        plain = f"{'http' if near else 'https'}://{plain}"
        if near and ":" not in plain.partition("://")[2]:
            plain += f":{DEFAULT_PORT}"
    if not is_address(plain):
        return ""
    parts = urlsplit(plain)
    if not _HOST.fullmatch(parts.netloc):
        return ""
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
