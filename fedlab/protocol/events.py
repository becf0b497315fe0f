"""What a `PeerSync` tells its driver: verified packages to put on disk, and what was learnt."""

from dataclasses import dataclass, field
from typing import Literal

from .checkpoint import Head
from .evidence import SplitView
from .identity import Chain, LabId


@dataclass(frozen=True, slots=True)
class Connected:
    """The peer is who its chain says, and is let in; `chain` is the newest known of it."""

    chain: Chain
    agent: str  # name and version of its software, as it says
    urls: tuple[str, ...]  # where it says it can be reached

    @property
    def lab(self) -> LabId:
        return self.chain.lab


@dataclass(frozen=True, slots=True)
class OwnHead:
    """The newest head of our own log that the peer knows, our signature on it verified.

    Raised first on every connection, with None if the peer has never seen one, and again whenever
    the peer shows one that is ahead of what we hold: the amnesia gate decides on it.
    """

    head: Head | None


@dataclass(frozen=True, slots=True)
class JoinAsked:
    """A lab that is not let in yet shows an invitation: answer with `welcome` or `close`."""

    chain: Chain
    token: bytes
    urls: tuple[str, ...]

    @property
    def lab(self) -> LabId:
        return self.chain.lab


@dataclass(frozen=True, slots=True)
class Joined:
    """The peer has taken our invitation."""


@dataclass(frozen=True, slots=True)
class ChainSeen:
    """A lab's genesis and openings, new or grown; to be kept before its packages are."""

    chain: Chain


@dataclass(frozen=True, slots=True)
class Package:
    """Entries `[start, start + len(leaves))` of one block, proved to belong under `head`.

    `complete` says that they are the last ones below `head`, whose whole root was recomputed: the
    log is fully held up to it. Answer with `committed` once they are on disk.
    """

    lab: LabId
    epoch: int
    start: int
    leaves: list[bytes]
    hashes: list[bytes]  # the leaf hashes, which are the entries' ids
    commitments: list[bytes | None]  # what each fact commits its detail to
    details: list[bytes | None]  # salt and body, checked against the commitment
    head: Head
    complete: bool
    stream_bytes: int = field(repr=False)  # of credit, given back when committed

    @property
    def end(self) -> int:
        return self.start + len(self.leaves)


@dataclass(frozen=True, slots=True)
class Details:
    """Details of entries that are held, or whose package was raised before, each checked."""

    lab: LabId
    epoch: int
    blobs: list[tuple[int, bytes]]  # index in the log; salt and body
    stream_bytes: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class BlobAsked:
    """The peer asks for a lab's photo by its hash: answer by `give_blob`, held or not."""

    lab: LabId
    name: bytes


@dataclass(frozen=True, slots=True)
class BlobCame:
    """A photo that was asked for, its hash checked; empty where the peer does not hold it."""

    name: bytes
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Fault:
    """Somebody broke a rule; `lab` says who, `evidence` proves it where it is the author."""

    fault: Literal["us", "carrier", "author"]
    lab: LabId | None
    message: str
    hint: str = ""
    evidence: SplitView | None = None


@dataclass(frozen=True, slots=True)
class Parted:
    """The pasts of a split view that was raised as a `Fault` part here, and no earlier."""

    evidence: SplitView


@dataclass(frozen=True, slots=True)
class Closed:
    """The connection is over: whose decision it was, and when to come back."""

    code: str
    message: str
    hint: str = ""
    retry_s: int = 0
    by_peer: bool = False


Event = (
    Connected
    | OwnHead
    | JoinAsked
    | Joined
    | ChainSeen
    | Package
    | Details
    | BlobAsked
    | BlobCame
    | Fault
    | Parted
    | Closed
)
