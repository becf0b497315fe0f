"""Answers of text are compressed on their way: a phone's first visit must stay light."""

from typing import Final

from aiohttp import web
from aiohttp.web_response import ContentCoding

# Photos and PDF are compressed already; a peer's WebSocket has no body.
_TEXTS: Final = frozenset(
    {
        "application/javascript",
        "application/json",
        "image/svg+xml",
        "text/css",
        "text/csv",
        "text/html",
        "text/javascript",
    }
)


async def compress(request: web.Request, response: web.StreamResponse) -> None:
    """Compress a text for whoever takes gzip, which every browser does."""
    if response.content_type not in _TEXTS or response.status in (204, 206, 304):
        return
    vary = response.headers.get("Vary")
    response.headers["Vary"] = f"{vary}, Accept-Encoding" if vary else "Accept-Encoding"
    if "gzip" in request.headers.get("Accept-Encoding", ""):
        response.enable_compression(ContentCoding.gzip)
