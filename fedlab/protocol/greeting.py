"""Who the peer is, and whether it is let in: from the handshake to *your head as I hold it*."""

from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

from . import events, frames
from .checkpoint import Head, verify_head
from .errors import RemoteProtocolError
from .events import Event
from .horizon import Reach
from .identity import Chain, LabId, settle
from .limits import HANDSHAKE_SECONDS, JOIN_SECONDS
from .merkle import HASH_BYTES
from .offers import Offers
from .replica import Replica

AGENT: Final = "fedlab/1"
# What a lab that was refused may try again, and when: vouches and blocks change rarely.
REFUSED_RETRY_SECONDS: Final = 3600

GREETINGS = frames.Hello | frames.Join | frames.Joined | frames.YourHead


class RefusedError(Exception):
    """The peer is not let in; nobody broke a rule."""

    def __init__(self, code: str, message: str, hint: str = "", retry_s: int = 0) -> None:
        super().__init__(message)
        self.code, self.message, self.hint, self.retry_s = code, message, hint, retry_s


class Greeting:
    """The beginning of a connection; `to_send` holds its frames, `emit` takes the events.

    A side that dials says whom it `expect`s, and shows a `token` if it was invited.
    """

    def __init__(
        self,
        replica: Replica,
        offers: Offers,
        emit: Callable[[Event], None],
        *,
        now: float,
        expect: LabId | None,
        token: bytes | None,
        urls: Sequence[str],
    ) -> None:
        self._replica = replica
        self._offers = offers
        self._emit = emit
        self._expect = expect
        self._token = token
        self._urls = list(urls)
        self._peer: Chain | None = None
        self._hello: frames.Hello | None = None
        self._admitted = expect is not None  # who dials has chosen the peer
        self._asked = False  # the peer has shown an invitation
        self.deadline: float | None = now + HANDSHAKE_SECONDS
        self.to_send: deque[frames.Frame] = deque()
        self.open = False  # the peer may have everything else, after its head
        self.greeted = False  # its word on our own head has come

    def meet(self, peer: Chain, now: float) -> None:
        """Greet the peer that the handshake has shown; raises RefusedError if it is not let in."""
        self._peer = peer
        self.to_send.append(frames.Hello(AGENT, self._urls))
        self._check(peer)
        self._offers.chain_seen(peer.leaves)
        self._admitted = self._admitted or self._replica.admits(peer.lab)
        if self._token is not None:
            self.to_send.append(frames.Join(self._token))
            self.deadline = now + JOIN_SECONDS
        elif self._admitted:
            self._begin()

    def _check(self, peer: Chain) -> None:
        """Refuse ourselves, someone else than expected, a blocked lab, and one of the past."""
        known = self._replica.chain(peer.lab)
        if peer.lab == self._replica.lab:
            raise RefusedError("self", "this node has reached itself, or another copy of its keys")
        if self._expect is not None and peer.lab != self._expect:
            raise RefusedError("other_lab", f"lab {self._expect} was expected here, not {peer.lab}")
        if self._replica.horizon.reach(peer.lab) is Reach.BLOCKED:
            raise RefusedError("blocked", "this lab is not let in", retry_s=REFUSED_RETRY_SECONDS)
        if known is not None and known != peer and settle(known, peer) is not peer:
            raise RefusedError(
                "old_epoch",
                f"epoch {peer.epoch} of lab {peer.lab} is not its newest one",
                "This card is out of date: recover the lab with its recovery words.",
                REFUSED_RETRY_SECONDS,
            )

    def receive(self, frame: GREETINGS, now: float) -> None:
        """Take one of its frames; raises RemoteProtocolError, and RefusedError from strangers."""
        if isinstance(frame, frames.Hello):
            if self._hello is not None:
                raise RemoteProtocolError("a second hello")
            self._hello = frame
            return
        if self._hello is None or self._peer is None:
            raise RemoteProtocolError("something came before hello")
        if isinstance(frame, frames.Join):
            if self._asked:  # each is looked up on disk, and anybody may ask
                raise RemoteProtocolError("a second invitation")
            self._asked = True
            self._emit(events.JoinAsked(self._peer, frame.token, tuple(self._hello.urls)))
            self.deadline = now + JOIN_SECONDS if self.deadline is not None else None
        elif isinstance(frame, frames.Joined):
            if self._token is None:
                raise RemoteProtocolError("an answer to an invitation that was not shown")
            self._token = None
            self._emit(events.Joined())
            self._begin()
        else:
            self._your_head(frame, self._peer, self._hello)

    def admit(self, frame: frames.Frame) -> None:
        """Let any other frame pass; raises RefusedError for a stranger, RemoteProtocolError."""
        if self._hello is None:
            raise RemoteProtocolError("something came before hello")
        self._refuse_stranger()
        if not self.greeted:
            raise RemoteProtocolError(f"{type(frame).__name__} came before your_head")

    def _refuse_stranger(self) -> None:
        if not self._admitted:
            raise RefusedError(
                "not_let_in", "nobody here vouches for this lab", "Ask for an invitation."
            )

    def welcome(self) -> None:
        """Let in the lab that showed a good invitation."""
        self._admitted = True
        self.to_send.append(frames.Joined())
        self._begin()

    def _begin(self) -> None:
        """Tell the peer its own head, before everything else."""
        assert self._peer is not None
        if self.open:
            return
        self.open = True
        if self.greeted:
            self.deadline = None
        head = self._replica.newest_head(self._peer.lab)
        if head is None:
            self.to_send.append(frames.YourHead(0, 0, b"", b""))
        else:
            self.to_send.append(frames.YourHead(head.epoch, head.size, head.root, head.sig))

    def _your_head(self, frame: frames.YourHead, peer: Chain, hello: frames.Hello) -> None:
        self._refuse_stranger()
        if self.greeted:
            raise RemoteProtocolError("a second your_head")
        head = self._own_head(frame)
        self.greeted = True
        if self.open:
            self.deadline = None
        self._emit(events.Connected(peer, hello.agent, tuple(hello.urls)))
        self._emit(events.OwnHead(head))
        if head is not None:
            log = self._replica.log((head.lab, head.epoch))
            if log.head is not None and head.size <= log.head.size:
                self._offers.compare(log, head)

    def _own_head(self, frame: frames.YourHead) -> Head | None:
        """Return the head of ours that the peer knows; raises RemoteProtocolError if we never
        signed it."""
        if frame.size == 0:
            if frame.root or frame.sig:
                raise RemoteProtocolError("a head of this lab of no size")
            return None
        own = self._replica.chain(self._replica.lab)
        assert own is not None
        head = Head(own.lab, frame.epoch, frame.size, frame.root, frame.sig)
        try:
            if len(head.root) != HASH_BYTES:
                raise RemoteProtocolError("its root is not a hash")
            verify_head(head, own.network, own.keys(frame.epoch).log)
        except RemoteProtocolError as exc:
            raise RemoteProtocolError(
                f"a head of this lab that it never signed: {exc}",
                "The other node makes things up, or its copy is damaged.",
            ) from exc
        return head
