"""What the first start says on its console: addresses that a phone can open, a code, and a QR."""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Final, TextIO
from urllib.parse import urlencode, urlsplit

import segno

from fedlab.node.addresses import is_only_here
from fedlab.node.config import Folder
from fedlab.node.firststart import spaced

# Black on white whatever the colours of the terminal are: cameras want it that way round.
_BLACK_ON_WHITE: Final = "\033[30;107m"
_PLAIN: Final = "\033[0m"
_HALVES: Final = {(0, 0): " ", (1, 0): "▀", (0, 1): "▄", (1, 1): "█"}


def greet(
    out: TextIO,
    folder: Folder,
    urls: Sequence[str],
    code: str,
    what: str = "to be set up",
    environ: Mapping[str, str] = os.environ,
) -> None:
    """Tell whoever stands at this machine how to begin; `urls` are the node's, the best first.

    `what` it waits for; `environ` says what the terminal can show.
    """
    print("\n".join(_lines(folder, urls, code, what)), file=out, flush=True)
    if is_for_eyes(out, environ) and not is_only_here(urls[0]):
        print("Or scan this with a phone:\n", file=out)
        print("\n".join(qr_lines(set_up_url(urls[0], code))), file=out, flush=True)


def _lines(folder: Folder, urls: Sequence[str], code: str, what: str) -> Iterator[str]:
    reach = [url for url in urls if not is_only_here(url)]
    yield ""
    if reach:
        yield f"fedlab waits {what}. On a phone or a computer of this network, open"
        yield ""
        yield from _either([f"{url}/setup" for url in reach])
    else:
        yield f"fedlab waits {what}. No other machine can reach it; on this one, open"
        yield ""
        yield f"    {urls[0]}/setup"
    yield ""
    yield f"and type this code:   {spaced(code)}"
    yield ""
    if reach and (port := urlsplit(reach[-1]).port):
        yield f"On this machine itself: http://localhost:{port}/setup"
    yield f"The code is also in {folder.setup_code}. Ctrl-C stops fedlab."
    yield ""


def _either(urls: Iterable[str]) -> Iterator[str]:
    for at, url in enumerate(urls):
        yield f" or {url}" if at else f"    {url}"


def set_up_url(url: str, code: str) -> str:
    """Return the address of the set-up with its code filled in."""
    return f"{url}/setup?{urlencode({'code': spaced(code)})}"


def is_for_eyes(out: TextIO, environ: Mapping[str, str]) -> bool:
    """Say whether somebody looks at this who can see a drawing: a terminal, not a log."""
    drawn = environ.get("TERM") != "dumb" and not environ.get("NO_COLOR")
    return drawn and out.isatty() and (out.encoding or "").lower().startswith("utf")


def qr_lines(text: str) -> Iterator[str]:
    """Yield a QR code in lines for a terminal, two rows of modules in each."""
    drawn = segno.make(text, micro=False, error="l").matrix_iter(border=4)
    rows = [bytes(row) for row in drawn]
    nothing = bytes(len(rows[0]))
    for upper, lower in zip_longest(rows[::2], rows[1::2], fillvalue=nothing):
        line = "".join(_HALVES[pair] for pair in zip(upper, lower, strict=True))
        yield f"{_BLACK_ON_WHITE}{line}{_PLAIN}"
