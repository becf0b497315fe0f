"""Other labs' nodes on the same local network, found by mDNS (RFC 6762) and DNS-SD (RFC 6763).

A node says `_fedlab._tcp` with its lab's id and name, answers for its machine's own name where
nobody else does, and lists whom it hears. What is heard is a hint for people and no more: nothing
is fetched from there, nobody is let in for it, and whatever goes wrong is a line in the log.
"""

import asyncio
import contextlib
import ipaddress
import logging
import re
import socket
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from fedlab.node.service.answers import Neighbour
from fedlab.protocol.limits import LAB_NAME_CHARS_MAX, NEIGHBOURS_MAX

if TYPE_CHECKING:
    from zeroconf.asyncio import AsyncServiceInfo, AsyncZeroconf

SERVICE: Final = "_fedlab._tcp.local."
# Under which the machine's name is announced: it may be another's, too, and the above must not be.
PAGES: Final = "_http._tcp.local."
# Whoever has announced itself answers within this, also over a bad Wi-Fi.
ANSWER_MS: Final = 3000
# Of a machine's name: it is there at once or not at all.
NAME_MS: Final = 700
# A string of a TXT record holds 255 bytes (RFC 6763, section 6.1), `name=` among them.
_NAME_BYTES_MAX: Final = 250
_LAB: Final = re.compile(r"[0-9a-f]{64}")

_log = logging.getLogger("fedlab.neighbours")


class Neighbours:
    """Announces this node at one of its addresses, and knows who else has."""

    def __init__(self, lab: str, name: str, url: str) -> None:
        self._lab = lab
        self._name = name
        parts = urlsplit(url)
        self._address = parts.hostname or ""
        self._port = parts.port or 80
        self._heard: dict[str, Neighbour] = {}  # by the name of the service
        self._asking: set[asyncio.Task[None]] = set()

    def all(self) -> list[Neighbour]:
        """Return who is there now, by name."""
        found = {one.lab: one for one in list(self._heard.values()) if one.lab != self._lab}
        return sorted(found.values(), key=lambda one: (one.name.casefold(), one.lab))

    async def run(self) -> None:
        """Announce and listen until cancelled; never raises anything else."""
        try:
            await self._run()
        except Exception as exc:  # no multicast here, a port that another program keeps: see above
            _log.info("other labs on this network are not looked for: %s", exc)

    async def _run(self) -> None:
        from zeroconf import IPVersion
        from zeroconf.asyncio import AsyncServiceBrowser, AsyncZeroconf

        air = AsyncZeroconf(interfaces=[self._address], ip_version=IPVersion.V4Only)
        try:
            said = {"lab": self._lab, "name": shortened(self._name)}
            await self._say(air, SERVICE, f"fedlab-{self._lab[:16]}.local.", said)
            if host := await self._free_name(air):
                await self._say(air, PAGES, host, {"path": "/"})
            browser = AsyncServiceBrowser(air.zeroconf, SERVICE, handlers=[self._changed])
            try:
                await asyncio.Event().wait()
            finally:
                await browser.async_cancel()
        finally:
            for task in self._asking:
                task.cancel()
            await air.async_close()

    async def _say(
        self, air: "AsyncZeroconf", service: str, host: str, said: dict[str, str]
    ) -> None:
        """Announce a service of this node, and answer for a host's name."""
        from zeroconf.asyncio import AsyncServiceInfo

        info = AsyncServiceInfo(
            service,
            f"fedlab-{self._lab[:16]}.{service}",
            addresses=[ipaddress.ip_address(self._address).packed],
            port=self._port,
            properties=said,
            server=host,
        )
        await (await air.async_register_service(info))

    async def _free_name(self, air: "AsyncZeroconf") -> str:
        """Return this machine's own name, or nothing where another machine has it already."""
        from zeroconf import AddressResolverIPv4  # type: ignore[attr-defined]  # public, undeclared

        host = f"{socket.gethostname().split('.')[0].lower()}.local."
        resolver = AddressResolverIPv4(host)
        taken = await resolver.async_request(air.zeroconf, NAME_MS)
        return "" if taken and self._address not in resolver.parsed_addresses() else host

    def _changed(self, zeroconf: Any, service_type: str, name: str, state_change: Any) -> None:
        """Hear that somebody came, changed or went."""
        if state_change.name == "Removed":
            self._heard.pop(name, None)
        elif len(self._heard.keys() | {name}) <= NEIGHBOURS_MAX > len(self._asking):
            task = asyncio.ensure_future(self._ask(zeroconf, service_type, name))
            self._asking.add(task)
            task.add_done_callback(self._asking.discard)

    async def _ask(self, zeroconf: Any, service_type: str, name: str) -> None:
        from zeroconf.asyncio import AsyncServiceInfo

        info = AsyncServiceInfo(service_type, name)
        with contextlib.suppress(Exception):  # anybody on the network may have sent it
            answered = await info.async_request(zeroconf, ANSWER_MS)
            if answered and (neighbour := read_neighbour(info)) is not None:
                self._heard[name] = neighbour


def read_neighbour(info: "AsyncServiceInfo") -> Neighbour | None:
    """Return what an announcement says, or None where it is none of a lab."""
    said = info.decoded_properties
    lab, name = said.get("lab") or "", (said.get("name") or "").strip()
    addresses = [address for address in info.parsed_addresses() if "." in address]
    if not (_LAB.fullmatch(lab) and addresses and info.port):
        return None
    if not name.isprintable() or len(name) > LAB_NAME_CHARS_MAX:
        name = ""
    return Neighbour(lab, name, f"http://{addresses[0]}:{info.port}")


def shortened(name: str) -> str:
    """Return as much of a name as one string of a TXT record holds."""
    return name.encode()[:_NAME_BYTES_MAX].decode("utf-8", "ignore")


def lan_address(urls: list[str]) -> str | None:
    """Return which of a node's addresses others on the local network reach by number, if any."""
    for url in urls:
        with contextlib.suppress(ValueError):
            address = ipaddress.ip_address(urlsplit(url).hostname or "")
            if address.version == 4 and address.is_private and not address.is_loopback:
                return url
    return None
