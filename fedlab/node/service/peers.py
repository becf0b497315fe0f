"""Other labs: who is let in and who is kept out, invitations given and taken up."""

import base64
import hashlib
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final, NamedTuple
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import msgspec

from fedlab.inventory.facts import LabUnvouch, LabVouch
from fedlab.node.addresses import is_address
from fedlab.node.config import DEFAULT_PORT
from fedlab.node.errors import BadRequestError, ConflictError
from fedlab.node.service.answers import LabNameAnswer, Neighbour, PeerAnswer, PeersAnswer, UrlAnswer
from fedlab.node.service.base import Opened, now
from fedlab.node.writer import Draft, fact_of
from fedlab.protocol.entry import LabId
from fedlab.protocol.limits import INVITE_DAYS, LAB_NAME_CHARS_MAX, URL_CHARS_MAX, URLS_MAX

_OWN_URLS: Final = "own_urls"
_TOKEN_BYTES: Final = 16


class Invitation(NamedTuple):
    """What an invitation link says."""

    lab: LabId
    network: str
    name: str
    token: bytes
    urls: tuple[str, ...]


class Connection(NamedTuple):
    """What the driver knows of a peer that is connected now."""

    url: str | None
    behind: int


class Peers:
    """The commands about other labs."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened
        # The node's driver says who is connected; without a node nobody is.
        self.connected: Callable[[], Mapping[LabId, Connection]] = dict
        # And who says to be on the local network.
        self.heard: Callable[[], list[Neighbour]] = list

    # --- Who there is -----------------------------------------------------------------------------

    def all(self) -> PeersAnswer:
        """Return the peers, and whom this lab vouches for or blocks."""
        return PeersAnswer(
            peers=self.peers(),
            vouched=sorted(self._opened.vouched()),
            blocked=self._opened.store.blocks.list(),
            nearby=self.nearby(),
        )

    def nearby(self) -> list[Neighbour]:
        """Return labs on this local network that could be invited."""
        opened = self._opened
        known = {peer.lab for peer in opened.store.peers.list()} | self.connected().keys()
        known |= opened.vouched() | set(opened.store.blocks.list()) | {opened.lab}
        return [one for one in self.heard() if one.lab not in known]

    def peers(self) -> list[PeerAnswer]:
        """Return the labs that this one talks to."""
        opened, connected = self._opened, self.connected()
        known = {peer.lab: peer for peer in opened.store.peers.list()}
        names, split_views = opened.lab_names(), opened.split_views()
        answers = []
        for lab in sorted(known.keys() | connected.keys()):
            peer, connection = known.get(lab), connected.get(lab)
            url = (connection and connection.url) or (peer.urls[0] if peer and peer.urls else None)
            answers.append(
                PeerAnswer(
                    lab=lab,
                    name=names.get(lab) or (peer.name if peer else ""),
                    url=url,
                    connected=connection is not None,
                    behind=connection.behind if connection else 0,
                    age_s=opened.age_s(lab),
                    split_view=lab in split_views,
                )
            )
        return answers

    # --- Vouching and blocking --------------------------------------------------------------------

    def vouch(self, lab: str) -> LabNameAnswer:
        """Let a lab in, and those that it vouches for; vouching twice changes nothing."""
        found = self._opened.lab_to_write(lab)
        self._refuse_own(found)
        if found in self._opened.store.blocks.list():
            raise ConflictError("this lab is blocked here", "take the block back first: `unblock`")
        self._vouch(found)
        return self._named(found)

    def unvouch(self, lab: str) -> LabNameAnswer:
        """Take the word for a lab back; doing so twice changes nothing."""
        found = self._opened.lab_to_write(lab)
        if found in self._opened.vouched():
            self._opened.append_one(Draft(fact_of(LabUnvouch, {"lab": found})))
        self._opened.store.peers.remove(found)
        self._opened.store.invites.void(found)  # or it would show the same one, and be back
        return self._named(found)

    def block(self, lab: str) -> LabNameAnswer:
        """Refuse a lab on this node, whoever vouches for it."""
        found = self._opened.lab_to_write(lab)
        self._refuse_own(found)
        self._opened.store.blocks.add(found)
        self._opened.refresh()
        return self._named(found)

    def unblock(self, lab: str) -> LabNameAnswer:
        """Take a block back."""
        found = self._opened.lab_to_write(lab)
        self._opened.store.blocks.remove(found)
        self._opened.refresh()
        return self._named(found)

    # --- Inviting ---------------------------------------------------------------------------------

    def invite(self) -> UrlAnswer:
        """Make a link with a one-time token that lets one lab join."""
        opened = self._opened
        token = secrets.token_bytes(_TOKEN_BYTES)
        expires_at = now() + INVITE_DAYS * 86_400
        opened.store.invites.add(hashlib.sha256(token).digest(), expires_at)
        first, *others = self.own_urls()
        said = [
            ("lab", opened.lab),
            ("network", opened.store.network),
            ("token", base64.urlsafe_b64encode(token).decode().rstrip("=")),
            ("name", opened.lab_names().get(opened.lab, "")),
            *(("url", url) for url in others),
        ]
        return UrlAnswer(f"{first}/join?{urlencode(said, quote_via=quote)}")

    def admit(self, lab: LabId, token: bytes, urls: Sequence[str]) -> bool:
        """Let in a lab that shows an invitation of ours, and vouch for it; False if it is none."""
        opened = self._opened
        if lab in opened.store.blocks.list():
            return False
        if not opened.store.invites.redeem(hashlib.sha256(token).digest(), lab, now()):
            return False
        opened.store.peers.put(lab, _usable(urls))
        self._vouch(lab)
        return True

    def own_urls(self) -> list[str]:
        """Return the addresses at which this node listens, or did when it last ran."""
        kept = self._opened.store.settings.get(_OWN_URLS)
        return msgspec.json.decode(kept, type=list[str]) if kept else _guessed_urls()

    def keep_own_urls(self, urls: Sequence[str]) -> None:
        """Remember the addresses at which this node listens, for invitations."""
        encoded = msgspec.json.encode(list(urls)).decode()
        if encoded != self._opened.store.settings.get(_OWN_URLS):
            self._opened.store.settings.set(_OWN_URLS, encoded)

    # --- For the driver ---------------------------------------------------------------------------

    def to_dial(self) -> dict[LabId, tuple[str, ...]]:
        """Return the peers to be connected to, with the addresses to try in turn."""
        blocked = set(self._opened.store.blocks.list())
        peers = self._opened.store.peers.list()
        return {peer.lab: peer.urls for peer in peers if peer.urls and peer.lab not in blocked}

    def met(self, lab: LabId, urls: Sequence[str]) -> None:
        """Note that a peer is connected, and where it says it can be reached."""
        self._opened.store.peers.put(lab, _usable(urls))

    # --- Joining ----------------------------------------------------------------------------------

    def read_invitation(self, url: str) -> Invitation:
        """Return what a link says; raise BadRequestError if it is no invitation, or not for us."""
        invitation = _parse_invitation(url)
        self._refuse_own(invitation.lab)
        if invitation.network != self._opened.store.network:
            raise BadRequestError(
                f"this invitation is to the network {invitation.network!r}, and this lab is in "
                f"{self._opened.store.network!r}",
                "found another lab with `fedlab init --network`, in a folder of its own",
                code="other_network",
            )
        if invitation.lab in self._opened.store.blocks.list():
            raise ConflictError("this lab is blocked here", "take the block back first: `unblock`")
        return invitation

    @contextmanager
    def following(self, lab: LabId) -> Iterator[None]:
        """Take a lab in until the vouch for it is written."""
        self._opened.followed |= {lab}
        try:
            yield
        finally:
            self._opened.followed -= {lab}

    def joined(self, invitation: Invitation) -> LabNameAnswer:
        """Vouch for the lab that has let us in, and keep its addresses."""
        self._opened.store.peers.put(invitation.lab, invitation.urls, invitation.name)
        self._vouch(invitation.lab)
        return self._named(invitation.lab, invitation.name)

    # --- Shared -----------------------------------------------------------------------------------

    def _vouch(self, lab: LabId) -> None:
        if lab not in self._opened.vouched():
            self._opened.append_one(Draft(fact_of(LabVouch, {"lab": lab})))

    def _named(self, lab: LabId, otherwise: str = "") -> LabNameAnswer:
        return LabNameAnswer(lab=lab, name=self._opened.lab_names().get(lab) or otherwise)

    def _refuse_own(self, lab: LabId) -> None:
        if lab == self._opened.lab:
            raise BadRequestError("that is this lab itself", "name another lab", code="own_lab")


def _parse_invitation(url: str) -> Invitation:
    refused = BadRequestError(
        "this is not an invitation link",
        "copy the whole link that `fedlab invite` printed",
        code="no_invitation",
    )
    if len(url) > URL_CHARS_MAX * (URLS_MAX + 2):
        raise refused
    try:
        parts = urlsplit(url.strip())
        said = parse_qs(parts.query or parts.fragment, max_num_fields=16)
        (lab,), (network,), (token,) = said["lab"], said["network"], said["token"]
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        path = parts.path.removesuffix("/").removesuffix("/join")
    except (KeyError, ValueError):
        raise refused from None
    first = f"{parts.scheme}://{parts.netloc}{path}"
    urls = tuple(_usable([first, *said.get("url", [])]))
    if len(lab) != 64 or set(lab) - set("0123456789abcdef") or len(raw) != _TOKEN_BYTES or not urls:
        raise refused
    name = "".join(filter(str.isprintable, said.get("name", [""])[0]))
    return Invitation(lab, network, name[:LAB_NAME_CHARS_MAX], raw, urls)


def _usable(urls: Sequence[str]) -> list[str]:
    """Return the addresses of a peer that can be tried."""
    return [url.rstrip("/") for url in list(urls)[:URLS_MAX] if is_address(url)]


def _guessed_urls() -> list[str]:
    from fedlab.node.addresses import node_urls
    from fedlab.node.config import DEFAULT_HOST

    return node_urls(DEFAULT_HOST, DEFAULT_PORT, None)
