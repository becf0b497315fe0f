"""Where this node can be reached, and what to say when its port is taken."""

import errno
import socket
from typing import Final
from urllib.parse import urlsplit

from fedlab.node.errors import BadRequestError, ConfigurationError, ServiceError, TryLaterError
from fedlab.protocol.limits import URL_CHARS_MAX

# A dozen programs on neighbouring ports is already unusual.
_PORTS_TRIED: Final = 50
_EVERYWHERE: Final = ("0.0.0.0", "::", "")  # noqa: S104  the wildcard, told apart from addresses


def check_public_url(url: str) -> str:
    """Return the address without its last slash; raise BadRequestError if it is none."""
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise BadRequestError(
            f"{url!r} is not an address such as https://lab.example",
            "give --public-url with http:// or https:// and a host name",
        )
    return url.rstrip("/")


def node_urls(host: str, port: int, public_url: str | None) -> list[str]:
    """Return the addresses under which this node is reached, the best one to hand out first."""
    urls = [public_url] if public_url else []
    if host not in _EVERYWHERE:
        return [*urls, f"http://{_bracketed(host)}:{port}"]
    here = _address_on_the_network()
    if here is not None:
        urls.append(f"http://{here}:{port}")
        # Found by name on the local network wherever mDNS works, also after a change of address.
        urls.append(f"http://{socket.gethostname().split('.')[0].lower()}.local:{port}")
    return urls or [f"http://127.0.0.1:{port}"]


def is_only_here(url: str) -> bool:
    """Say whether no other machine can reach this address."""
    host = urlsplit(url).hostname or ""
    return host in ("localhost", "::1") or host.startswith("127.")


def is_address(url: str) -> bool:
    """Say whether this names a place and nothing more: it is dialled, and shown in a terminal."""
    plain = url.isascii() and url.isprintable() and not set(url) & set(" ?#@\\")
    if not plain or len(url) > URL_CHARS_MAX:
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:  # a port that is none, half an IPv6 address
        return False


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _address_on_the_network() -> str | None:
    """Return the address the system would speak from; connecting a UDP socket sends nothing."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # RFC 5737: documentation, never a real host
            address = str(probe.getsockname()[0])
        except OSError:
            return None
    return None if address.startswith(("127.", "0.")) else address


def cannot_listen(exc: OSError, host: str, port: int) -> ServiceError:
    """Say why nobody can listen there, and where somebody can."""
    if exc.errno == errno.EADDRINUSE:
        free = next_free_port(host, port + 1)
        way_out = f"--port {free}, which is free" if free else "another --port"
        return TryLaterError(
            f"port {port} is in use by another program",
            f"stop that program, or use {way_out}",
            code="port_in_use",
        )
    if exc.errno in (errno.EACCES, errno.EPERM):
        return ConfigurationError(
            f"port {port} needs the administrator's rights",
            "choose a --port from 1024 up; a proxy can stand in front of it",
            code="no_permission",
        )
    return ConfigurationError(
        f"{host!r} is not an address of this machine", "leave --host out to listen everywhere"
    )


def next_free_port(host: str, first: int, count: int = 1) -> int | None:
    """Return the first of `count` ports in a row on which one can listen, if there are any near."""
    for port in range(first, min(first + _PORTS_TRIED, 65_536 - count)):
        if all(can_listen(host, port + more) for more in range(count)):
            return port
    return None


def can_listen(host: str, port: int) -> bool:
    """Say whether one can listen there now."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as trial:
        # As the server does: a port whose last connections are fading is free.
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind((host, port))
            trial.listen(1)
        except OSError:
            return False
    return True
