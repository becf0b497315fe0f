"""What every answer of a node wears: security headers, and addresses of static files that last."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from aiohttp import web

STATIC_DIR: Final = Path(__file__).parent / "static"
# A form or a JSON body of ours is small; imports and photos bring their own limits.
BODY_BYTES_MAX: Final = 1024 * 1024
# Everything is served by the node itself; nothing inline, nothing framed, nothing embedded.
CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}


def dress(app: web.Application) -> None:
    """Have the application serve the static files, and put the headers on every answer."""
    app.router.add_static("/static/", STATIC_DIR)
    app.on_response_prepare.append(_secure)


async def _secure(request: web.Request, response: web.StreamResponse) -> None:
    for name, value in SECURITY_HEADERS.items():
        response.headers.setdefault(name, value)


@cache
def static_url(name: str) -> str:
    """Return the address of a static file, with its digest, so that it can be kept for ever."""
    digest = hashlib.sha256((STATIC_DIR / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"
