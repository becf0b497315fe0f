"""A peer that does whatever a test tells it to, for the tests of hostile peers."""

from collections.abc import Callable
from copy import copy
from typing import TypeVar

import msgspec

from fedlab.protocol import events, frames
from fedlab.protocol.channel import Channel
from fedlab.protocol.checkpoint import Head
from fedlab.protocol.serving import packages

from .nodes import Lab, Memory, Node, seed

Heard = TypeVar("Heard", bound=frames.Frame)


class Puppet:
    """A peer that says whatever a test tells it to, and remembers what it hears.

    It does the handshake and greets as it should, unless told not to.
    """

    def __init__(self, victim: Node, lab: Lab, *, greet: bool = True, now: float = 0.0) -> None:
        self.victim, self.lab, self.now = victim, lab, now
        self.sync = victim.connect(initiator=False, now=now)
        self.channel = Channel(
            lab.network,
            lab.chain,
            initiator=True,
            static=lab.keys.noise,
            ephemeral=seed(lab.name, "puppet"),
        )
        self.buffer = frames.FrameBuffer()
        self.heard: list[frames.Frame] = []
        self.sync.receive_data(self.channel.line, now)
        while data := self.channel.handshake_to_send():
            self.sync.receive_data(data, now)
            self.listen()
        if greet:
            self.say(frames.Hello("puppet", []), frames.YourHead(0, 0, b"", b""))

    def say(self, *said: frames.Frame | bytes) -> None:
        """Send frames, or bytes of the stream as they are."""
        stream = b"".join(s if isinstance(s, bytes) else frames.encode_frame(s) for s in said)
        self.sync.receive_data(self.channel.seal(stream), self.now)
        self.victim.drain(self.sync)
        self.listen()

    def listen(self) -> list[frames.Frame]:
        """Hear what the victim has to say now."""
        start = len(self.heard)
        while data := self.sync.data_to_send(self.now):
            for stream in self.channel.receive(data):
                self.buffer.feed(stream)
                self.heard += [frame for frame, _ in self.buffer.frames() if frame is not None]
        self.victim.drain(self.sync)
        return self.heard[start:]

    def offer(self, *labs: Lab, size: int | None = None, age_s: int = 0) -> None:
        """Announce logs, with their chains, as somebody who holds them would."""
        for lab in labs:
            self.say(frames.Chain(list(lab.chain.leaves)), heads(lab.head(size), age_s=age_s))

    def all(self, kind: type[Heard]) -> list[Heard]:
        """Return the frames of a kind that were heard."""
        return [frame for frame in self.heard if isinstance(frame, kind)]

    def last(self, kind: type[frames.Frame]) -> frames.Frame:
        """Return the newest frame of a kind that was heard."""
        return [frame for frame in self.heard if isinstance(frame, kind)][-1]

    def answer(self, lab: Lab, *, spoil: Callable[[frames.Package], frames.Package] = copy) -> None:
        """Answer the newest want from a lab's own log, each package spoilt on the way."""
        want = self.last(frames.Want)
        assert isinstance(want, frames.Want)
        for frame in package_frames(lab, want.size, want.start, want.end):
            self.say(spoil(frame) if isinstance(frame, frames.Package) else frame)
            if self.sync.closed:
                return

    def fault(self) -> events.Fault:
        """Return the one fault that the victim found."""
        (fault,) = self.victim.of(events.Fault)
        return fault


def heads(*signed: Head, age_s: int = 0) -> frames.Heads:
    """Return the frame that announces these heads."""
    return frames.Heads(
        [
            frames.HeadItem(
                bytes.fromhex(head.lab), head.epoch, head.size, head.root, head.sig, age_s, False
            )
            for head in signed
        ]
    )


def package_frames(lab: Lab, size: int, start: int, end: int) -> list[frames.Frame]:
    """Return the packages of a log, with their details."""
    memory = Memory(lab)
    memory.keep(lab)
    tree = memory.tree(lab.id, 0)
    return list(packages(memory, tree, bytes.fromhex(lab.id), 0, size, start, end))


def changed_leaf(package: frames.Package) -> frames.Package:
    """Return a package of which one byte is another."""
    leaves = list(package.leaves)
    leaves[-1] = leaves[-1][:-1] + b"!"
    return msgspec.structs.replace(package, leaves=leaves)


def carrier_is_blamed(puppet: Puppet, match: str) -> None:
    """Check that the puppet was found at fault, told so, and let go."""
    fault = puppet.fault()
    assert (fault.fault, fault.lab) == ("carrier", puppet.lab.id)
    assert match in fault.message, fault.message
    assert puppet.sync.closed
    bye = puppet.last(frames.Bye)
    assert isinstance(bye, frames.Bye) and match in bye.message and bye.retry_s > 0
