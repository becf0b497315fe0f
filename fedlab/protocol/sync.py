"""`PeerSync`: one connection between two nodes, as bytes in and bytes and events out.

It knows no socket, clock or randomness. A driver does this, for each connection:

    sync.receive_data(data, now)        whatever came, cut anywhere
    while event := sync.next_event():   packages go to disk, then sync.committed(event)
        …
    while data := sync.data_to_send(now):   each is one WebSocket message
        …
    sync.tick(now)                      when sync.next_timeout() has come

What happens, in order:

    both    the clear line; Noise XX, with each side's chain            channel.py
    both    hello
    joining: join, and nothing else until joined
    both    your_head: the newest head of the other's log that is known here
    both    chain, heads: what is held, again whenever it changes       announcing.py
    either  want, want_details, want_proof                              pulling.py
    either  want_blob
    other   package and details, details, proof, blob, in that order     serving.py
    either  credit, as answers are put on disk
    either  bye
"""

import hashlib
from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from . import events, frames
from .announcing import Announcer
from .channel import Channel
from .errors import LocalProtocolError, ProtocolError, RemoteProtocolError
from .events import Event
from .greeting import GREETINGS, Greeting, RefusedError
from .identity import LabId
from .limits import (
    BLOBS_ASKED_MAX,
    BYE_TEXT_CHARS_MAX,
    CREDIT_BYTES,
    DETAILS_RETRY_SECONDS,
    KEEPALIVE_SECONDS,
    MESSAGE_BYTES_AIM,
    SILENCE_SECONDS,
    STALL_SECONDS,
)
from .offers import Offers
from .pulling import Puller
from .replica import Replica
from .serving import Server

# Whoever broke a rule may have been mended in the meantime.
FAULT_RETRY_SECONDS: Final = 300


class PeerSync:
    """One side of a connection.

    `noise` and `ephemeral` are private keys, the second one new and random. A side that dials says
    whom it `expect`s, and shows a `token` if it was invited; `urls` is where this node is reached.
    Raises LocalProtocolError if the node has no lab yet.
    """

    def __init__(
        self,
        replica: Replica,
        *,
        noise: bytes,
        ephemeral: bytes,
        initiator: bool,
        now: float,
        expect: LabId | None = None,
        token: bytes | None = None,
        urls: Sequence[str] = (),
    ) -> None:
        own = replica.chain(replica.lab)
        if own is None:
            raise LocalProtocolError("this node has no lab yet", "Run `fedlab init` first.")
        self._replica = replica
        self._channel = Channel(
            replica.network, own, initiator=initiator, static=noise, ephemeral=ephemeral
        )
        self._own_leaves = len(own.leaves)
        self._buffer = frames.FrameBuffer()
        self._events: deque[Event] = deque()
        self.offers = Offers(replica, self._events.append)
        self._greeting = Greeting(
            replica,
            self.offers,
            self._events.append,
            now=now,
            expect=expect,
            token=token,
            urls=urls,
        )
        self._announcer: Announcer | None = None  # these two once the peer is known
        self._server: Server | None = None
        self._wanted: dict[bytes, LabId | None] = {}  # photos, and whose; None once that is sent
        self.pulling = Puller(replica, self.offers, self._events.append)
        self._line_sent = False
        self._bye: frames.Bye | None = None
        self._closed = False
        self._heard_at = now
        self._details_at = now + DETAILS_RETRY_SECONDS
        self._horizon_revision = replica.horizon_revision
        self._credit = CREDIT_BYTES  # that the peer has left

    # --- what the driver sees ---

    @property
    def peer(self) -> LabId | None:
        """Who is at the other end, once the handshake has shown it."""
        return self._channel.peer.lab if self._channel.peer else None

    @property
    def connected(self) -> bool:
        """Whether both sides have let each other in."""
        return self._greeting.open and self._greeting.greeted and not self._closed

    @property
    def closed(self) -> bool:
        """Whether it is over; what `data_to_send` still returns should be sent first."""
        return self._closed

    def next_event(self) -> Event | None:
        """Return what happened next, or None."""
        return self._events.popleft() if self._events else None

    def want_blob(self, lab: LabId, name: bytes) -> bool:
        """Ask for a lab's photo by its hash; say whether it is asked: a peer may never answer."""
        if name not in self._wanted and len(self._wanted) >= BLOBS_ASKED_MAX:
            return False
        self._wanted.setdefault(name, lab)
        return True

    def give_blob(self, name: bytes, data: bytes) -> None:
        """Answer `BlobAsked`; with no bytes where the photo cannot be had."""
        if self._server is not None and not self._closed:
            self._server.give_photo(name, data)

    def committed(self, event: events.Package | events.Details) -> None:
        """Note that an event is on disk, and the replica refreshed; also after the connection."""
        self.pulling.committed(event)

    def lost(self, event: events.Package | events.Details) -> None:
        """Note that an event could not be put on disk, which ends the connection."""
        self.pulling.landed(event)
        self.close("busy", "this node cannot store anything now", retry_s=FAULT_RETRY_SECONDS)

    def welcome(self) -> None:
        """Answer `JoinAsked`: the invitation is good, and the peer is let in."""
        if not self._closed:
            self._greeting.welcome()

    def close(self, code: str, message: str, hint: str = "", retry_s: int = 0) -> None:
        """Say bye, and why, and end; also the answer to `JoinAsked` with a bad invitation."""
        if not self._closed:
            text = BYE_TEXT_CHARS_MAX
            self._bye = frames.Bye(code, message[:text], hint[:text], retry_s)
            self._end(events.Closed(code, message, hint, retry_s))

    def _end(self, closed: events.Closed) -> None:
        self._closed = True
        self._events.append(closed)
        self.pulling.close()

    def _break(self, exc: ProtocolError | RefusedError) -> None:
        """End over what the peer did, or over what we found out that we did."""
        if isinstance(exc, RefusedError):
            self.close(exc.code, exc.message, exc.hint, exc.retry_s)
        elif not self._closed:
            lab = self._replica.lab if exc.fault == "us" else self.peer
            self._events.append(events.Fault(exc.fault, lab, str(exc), exc.hint))
            self.close("fault", str(exc), exc.hint, FAULT_RETRY_SECONDS)

    # --- time ---

    def next_timeout(self) -> float:
        """Return when `tick` should be called, if nothing happens before."""
        times = [self._heard_at + SILENCE_SECONDS]
        if self._greeting.deadline is not None:
            times.append(self._greeting.deadline)
        if self._announcer is not None and self._greeting.open:
            heads_at = self._announcer.heads_at
            times += (self._details_at, (heads_at or self._heard_at) + KEEPALIVE_SECONDS)
            due = self._announcer.due()
            if due is not None:
                times.append(due)
        times.append(self._stalled_at())
        return min(times)

    def _stalled_at(self) -> float:
        """Return when a peer that still talks has had its time to answer a request."""
        talks = self._heard_at > self.pulling.progress_at  # else it is the line that is dead
        waiting = self.pulling.waiting and talks
        return self.pulling.progress_at + STALL_SECONDS if waiting else float("inf")

    def tick(self, now: float) -> None:
        """Close what has been silent for too long, and ask again for what nobody had."""
        deadline = self._greeting.deadline
        if deadline is not None and now >= deadline:
            self.close("silent", "the greeting was not finished in time")
        elif now >= self._heard_at + SILENCE_SECONDS:
            self.close("silent", f"nothing was heard for {SILENCE_SECONDS:.0f} seconds")
        elif self._stalled_at() <= now:
            message = f"a request was not answered within {STALL_SECONDS:.0f} seconds"
            self._break(RemoteProtocolError(message))
        elif now >= self._details_at:
            self._details_at = now + DETAILS_RETRY_SECONDS
            self.pulling.look_for_details()

    # --- sending ---

    def data_to_send(self, now: float) -> bytes:
        """Return the next WebSocket message to send, or nothing; call again until nothing."""
        if not self._line_sent:
            self._line_sent = True
            return self._channel.line
        data = self._channel.handshake_to_send()
        if not self._channel.established:
            return data
        parts: list[bytes] = []
        size = 0
        try:
            for part in self._to_send(now):
                parts.append(part)
                size += len(part)
                if size >= MESSAGE_BYTES_AIM:
                    break
        except ProtocolError as exc:  # a signature is checked, and a log read, when it is needed
            self._break(exc)
        if self._bye is not None and size < MESSAGE_BYTES_AIM:
            parts.append(frames.encode_frame(self._bye))
            self._bye = None
        return data + self._channel.seal(b"".join(parts)) if parts else data

    def _to_send(self, now: float) -> Iterator[bytes]:
        """Make frames one by one, in order of urgency; nothing is made that is not taken."""
        greeting = self._greeting
        while greeting.to_send and not self._closed:
            yield frames.encode_frame(greeting.to_send.popleft())
        if greeting.open and not self._closed:
            yield from map(frames.encode_frame, self._telling(now))
        if self.connected:
            yield from map(frames.encode_frame, self._asking(now))
        if self.connected and self._server is not None:
            while (answer := self._server.next_frame()) is not None:
                yield answer

    def _telling(self, now: float) -> Iterator[frames.Frame]:
        assert self._announcer is not None
        if self.pulling.grant:
            grant, self.pulling.grant = self.pulling.grant, 0
            self._credit += grant
            yield frames.Credit(grant)
        for log in self._announcer.changes():
            self.pulling.log_changed(log.key)
        yield from self._announcer.heads(now)
        heads_at = self._announcer.heads_at
        if heads_at is None or now >= heads_at + KEEPALIVE_SECONDS:
            yield self._announcer.refresh(now)

    def _asking(self, now: float) -> Iterator[frames.Frame]:
        if self._horizon_revision != self._replica.horizon_revision:
            self._horizon_revision = self._replica.horizon_revision
            self.offers.reconsider()
        yield from self.pulling.requests(now)
        for name, lab in list(self._wanted.items()):
            if lab is not None:
                self._wanted[name] = None
                yield frames.WantBlob(bytes.fromhex(lab), name)

    # --- receiving ---

    def receive_data(self, data: bytes, now: float) -> None:
        """Take bytes that came from the peer, cut anywhere."""
        if self._closed:
            return
        try:
            for stream in self._channel.receive(data):
                self._meet(now)
                self._heard_at = now
                if self._buffer.begun in frames.PAID_TYPES:
                    self.pulling.arriving(len(stream), now)
                self._buffer.feed(stream)
                for frame, size in self._buffer.frames():
                    if frame is not None:
                        self._receive(frame, size, now)
                    if self._closed:
                        return
            self._meet(now)
        except (ProtocolError, RefusedError) as exc:
            self._break(exc)

    def _meet(self, now: float) -> None:
        """Greet the peer, once the handshake has shown who it is."""
        peer = self._channel.peer
        if peer is None or self._announcer is not None or not self._channel.established:
            return
        self._announcer = Announcer(self._replica, peer.lab)
        self._announcer.know_chain(peer.lab, len(peer.leaves))
        self._announcer.know_chain(self._replica.lab, self._own_leaves)
        self._server = Server(self._replica.reader, self._announcer.announced)
        self.pulling.peer = peer.lab
        self._greeting.meet(peer, now)

    def _receive(self, frame: frames.Frame, size: int, now: float) -> None:
        if isinstance(frame, GREETINGS):
            self._greeting.receive(frame, now)
            return
        if isinstance(frame, frames.Bye):
            closed = events.Closed(frame.code, frame.message, frame.hint, frame.retry_s, True)
            self._end(closed)
            return
        self._greeting.admit(frame)
        assert self._server is not None
        if frame.PAID:
            self._credit -= size
            if self._credit < 0:
                raise RemoteProtocolError("more came than the credit that was given")
        match frame:
            case frames.Chain():
                self.offers.chain_seen(frame.leaves)
            case frames.Heads():
                self.offers.heads_seen(frame.heads, now)
            case frames.Want() | frames.WantDetails() | frames.WantProof():
                self._server.ask(frame)
            case frames.WantBlob():
                self._server.ask_photo()
                self._events.append(events.BlobAsked(frame.lab.hex(), frame.name))
            case frames.Package():
                self.pulling.package(frame, size, now)
            case frames.Details():
                self.pulling.details(frame, size, now)
            case frames.Proof():
                self.pulling.proof(frame, size, now)
            case frames.Blob():
                self.pulling.grant += size
                self._blob(frame)
            case frames.Credit():
                self._server.credit(frame.bytes)

    def _blob(self, frame: frames.Blob) -> None:
        if self._wanted.pop(frame.name, "") is not None:  # unknown, or not sent yet
            raise RemoteProtocolError("a photo came that was not asked for")
        if frame.data and hashlib.sha256(frame.data).digest() != frame.name:
            raise RemoteProtocolError("a photo came that is not the one asked for")
        self._events.append(events.BlobCame(frame.name, frame.data))
