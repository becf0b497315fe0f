"""Bundles: the frames of a connection in a file, so that a USB stick carries the network.

    fedlab-bundle/1 <network> <Unix seconds>\\n
    chain, heads, then package and details again and again      for each log
    bye                                                          so that a cut file is seen

Reading verifies exactly as from a peer, and can begin again at any time: what is held is skipped.
A bundle written *since* another one holds only what that one does not.
"""

import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from . import frames
from .checkpoint import NETWORK_RE
from .errors import AuthorError, RemoteProtocolError
from .events import ChainSeen, Details, Event, Fault, OwnHead, Package
from .horizon import Reach
from .identity import LabId
from .limits import AGE_SECONDS_MAX, BLOCK_ENTRIES, BUNDLE_LINE_BYTES_MAX, PEER_BUDGET_BYTES
from .offers import Offers
from .replica import LogKey, Replica
from .serving import packages
from .transfer import Arrival, MismatchError, Transfer, check_details, commitments_of

LINE_PREFIX: Final = "fedlab-bundle/1 "
END: Final = frames.Bye("end", "", "", 0)
_LINE: Final = re.compile(f"{LINE_PREFIX}({NETWORK_RE.pattern}) ([0-9]{{1,12}})\n".encode())


def write_bundle(
    replica: Replica, *, now: float, written_at: int, since: Mapping[LogKey, int] | None = None
) -> Iterator[bytes]:
    """Yield the bytes of a bundle of every log that peers would be told of.

    `since` are the sizes that another bundle reached; `written_at` is Unix time.
    """
    yield f"{LINE_PREFIX}{replica.network} {written_at}\n".encode()
    told: set[LabId] = set()
    for key, log in sorted(replica.logs.items()):
        start = (since or {}).get(key, 0)
        chain = replica.chain(log.lab)
        if log.head is None or chain is None or start >= log.head.size:
            continue
        if not replica.announces(log.lab):
            continue
        if log.lab not in told:
            told.add(log.lab)
            yield frames.encode_frame(frames.Chain(list(chain.leaves)))
        head, lab = log.head, bytes.fromhex(log.lab)
        age = int(min(replica.age(log, now), AGE_SECONDS_MAX))
        item = frames.HeadItem(lab, log.epoch, head.size, head.root, head.sig, age, False)
        yield frames.encode_frame(frames.Heads([item]))
        tree = replica.reader.tree(*key)
        for frame in packages(replica.reader, tree, lab, log.epoch, head.size, start, head.size):
            yield frames.encode_frame(frame)
    yield frames.encode_frame(END)


def bundle_sizes(chunks: Iterable[bytes], network: str) -> dict[LogKey, int]:
    """Return how far a bundle reaches in each log, for the next one to be written since then.

    Raises RemoteProtocolError if it is none, or of another network.
    """
    stream = _Stream(network)
    sizes: dict[LogKey, int] = {}
    for chunk in chunks:
        for frame, _ in stream.frames(chunk):
            if isinstance(frame, frames.Heads):
                sizes |= {(item.lab.hex(), item.epoch): item.size for item in frame.heads}
    stream.finish()
    return sizes


class _Stream:
    """The line and the frames of a bundle, cut anywhere."""

    def __init__(self, network: str) -> None:
        self._network = network
        self._line: bytearray | None = bytearray()
        self._buffer = frames.FrameBuffer()
        self.written_at = 0
        self.ended = False

    def frames(self, data: bytes) -> Iterator[tuple[frames.Frame | None, int]]:
        """Yield the frames that are whole now; raises RemoteProtocolError."""
        if self._line is not None:
            self._line += data
            if not self._read_line(self._line):
                return
            data, self._line = bytes(self._line[self._line.index(b"\n") + 1 :]), None
        if self.ended and data:
            raise RemoteProtocolError("this bundle goes on after its end")
        self._buffer.feed(data)
        for frame, size in self._buffer.frames():
            if isinstance(frame, frames.Bye):
                self.ended = True
            else:
                yield frame, size

    def _read_line(self, line: bytearray) -> bool:
        end = line.find(b"\n", 0, BUNDLE_LINE_BYTES_MAX) + 1
        if (
            not end
            and len(line) < BUNDLE_LINE_BYTES_MAX
            and line.startswith(LINE_PREFIX[: len(line)].encode())
        ):
            return False
        found = _LINE.fullmatch(line, 0, end)
        if not found:
            raise RemoteProtocolError(
                "this file is not a fedlab bundle", "`fedlab bundle write` makes one."
            )
        network = found[1].decode()
        if network != self._network:
            raise RemoteProtocolError(
                f"this bundle is of the network {network!r}, this node of {self._network!r}",
                "Labs of two networks cannot exchange entries.",
            )
        self.written_at = int(found[2])
        return True

    def finish(self) -> None:
        """Raise RemoteProtocolError unless the file has come to its end."""
        if self._line is not None or not self.ended or not self._buffer.empty:
            raise RemoteProtocolError(
                "this bundle is cut short",
                "What it held up to there was taken; copy the file again and read it once more.",
            )


class BundleReader:
    """Takes the bytes of a bundle; raises `OwnHead`, `ChainSeen`, `Package`, `Details`, `Fault`.

    The driver commits each event, refreshes the replica and calls `committed`. A lab beyond the
    horizon is taken too, because somebody put the stick in, but all of them on one peer's budget.
    `now` is in the replica's seconds, `wall` is Unix time. After a refusal nothing more may be fed.
    """

    def __init__(self, replica: Replica, *, now: float, wall: float) -> None:
        self._replica = replica
        self._now = now
        self._wall = wall
        self._stream = _Stream(replica.network)
        self._events: deque[Event] = deque()
        self._offers = Offers(replica, self._events.append)
        self._transfers: dict[LogKey, Transfer] = {}
        self._arrival: Arrival | None = None
        self._known: tuple[LogKey, dict[int, bytes | None], int] | None = None
        self._strangers = PEER_BUDGET_BYTES
        self.gaps: dict[LogKey, tuple[int, int]] = {}  # entries held, entry the bundle begins with

    def feed(self, data: bytes) -> None:
        """Take bytes; raises RemoteProtocolError for a file that is not sound."""
        for frame, size in self._stream.frames(data):
            match frame:
                case frames.Chain():
                    self._offers.chain_seen(frame.leaves)
                case frames.Heads():
                    self._heads(frame)
                case frames.Package():
                    self._package(frame, size)
                case frames.Details():
                    self._details(frame, size)
                case None:
                    pass
                case _:
                    raise RemoteProtocolError(f"a {type(frame).__name__} frame in a bundle")

    def next_event(self) -> Event | None:
        """Return what is to be committed or reported next, or None."""
        return self._events.popleft() if self._events else None

    def committed(self, event: Package | Details) -> None:
        """Note that an event is on disk, and the replica refreshed."""
        if isinstance(event, Package) and event.complete:
            self._offers.note_age((event.lab, event.epoch))

    def finish(self) -> None:
        """Note the end of the file; raises RemoteProtocolError if it is cut short."""
        self._stream.finish()

    def _heads(self, frame: frames.Heads) -> None:
        travelled = max(0, int(self._wall) - self._stream.written_at)
        ages = [min(item.age_s + travelled, AGE_SECONDS_MAX) for item in frame.heads]
        items = [
            frames.HeadItem(i.lab, i.epoch, i.size, i.root, i.sig, age, False)
            for i, age in zip(frame.heads, ages, strict=True)
        ]
        self._offers.heads_seen(items, self._now)
        for item in items:
            offer = self._offers.heads.get((item.lab.hex(), item.epoch))
            if offer and offer.head.lab == self._replica.lab and not offer.verified:
                self._offers.verify(offer)
                self._events.append(OwnHead(offer.head))

    def _package(self, frame: frames.Package, size: int) -> None:
        if self._arrival is not None or self._known is not None:
            raise RemoteProtocolError("a package before the details of the one before")
        key = (frame.lab.hex(), frame.epoch)
        offer = self._offers.heads.get(key)
        end = frame.start + len(frame.leaves)
        if offer is None or offer.head.size != frame.size or end > frame.size:
            raise RemoteProtocolError("a package without its head")
        transfer = self._transfers.get(key) or self._begin(key)
        held = self._replica.log(key).held if transfer is None else transfer.at
        goal = self._replica.goal(offer.head)
        if transfer is None or transfer.over or min(end, goal) <= held:
            self._skip(key, frame, min(end, held))
        elif frame.start > held:
            transfer.over = True
            self.gaps[key] = (held, frame.start)
            self._skip(key, frame, frame.start)
        elif not self._affords(key[0], size):
            transfer.over = True
            message = f"log {key[1]} of lab {key[0]} was not taken whole: it is over its budget"
            self._events.append(Fault("carrier", None, message, "Vouch for the lab, or block it."))
            self._skip(key, frame, frame.start)
        else:
            self._accept(transfer, frame, size)

    def _affords(self, lab: LabId, size: int) -> bool:
        """Say whether so many bytes more may be taken of a lab; a stranger's are counted here."""
        if self._replica.horizon.reach(lab) is not Reach.STRANGER:
            return self._replica.budget.left(lab) > 0
        self._strangers -= size
        return self._strangers > 0

    def _begin(self, key: LogKey) -> Transfer | None:
        """Begin to take a log, if it reaches beyond what is held and is wanted at all."""
        log, offer = self._replica.log(key), self._offers.heads[key]
        if log.frozen or self._replica.goal(offer.head) <= log.held or not self._affords(key[0], 0):
            return None
        if not self._offers.verify(offer):
            return None
        chain = offer.verified
        assert chain is not None, "the head was verified by it"
        if self._replica.chain(key[0]) is not chain:
            self._replica.learn_chain(chain)
            self._events.append(ChainSeen(chain))
        transfer = Transfer(self._replica.reader, log, offer.head, chain)
        self._transfers[key] = transfer
        return transfer

    def _accept(self, transfer: Transfer, frame: frames.Package, size: int) -> None:
        """Verify the part of a package that is not held yet."""
        start = transfer.at
        leaves = frame.leaves[start - frame.start :]
        hashes: list[bytes] | None = None
        try:
            hashes = transfer.accept(leaves, frame.proof)
        except AuthorError as exc:
            transfer.over = True
            self._events.append(Fault("author", transfer.key[0], str(exc), exc.hint))
        except MismatchError as exc:
            transfer.over = True
            message = f"log {frame.epoch} of lab {transfer.key[0]} does not continue what is held"
            hint = f"Another node must tell whose fault that is ({exc})."
            self._events.append(Fault("carrier", None, message, hint))
        self._arrival = Arrival(transfer, start, leaves, hashes, size)

    def _skip(self, key: LogKey, frame: frames.Package, held: int) -> None:
        """Pass over entries that are held; details that are missing of them are welcome."""
        missing = self._replica.reader.missing_details(*key, frame.start, BLOCK_ENTRIES)
        commitments: dict[int, bytes | None] = {}
        if wanted := [index for index in missing if index < held]:
            leaves = self._replica.reader.leaves(*key, wanted[0], wanted[-1] + 1)
            found = commitments_of(leaves)
            commitments = {index: found[index - wanted[0]] for index in wanted}
        self._known = (key, commitments, frame.start)

    def _details(self, frame: frames.Details, size: int) -> None:
        key = (frame.lab.hex(), frame.epoch)
        if not (frame.blobs or frame.last):
            raise RemoteProtocolError("an empty details frame that is not the last")
        event: Package | Details | None = None
        if self._arrival is not None and self._arrival.key == key:
            blobs = [(i, blob) for i, blob in frame.blobs if i >= self._arrival.start]
            event = self._arrival.details(blobs, size)
        elif self._known is not None and self._known[0] == key:
            commitments = self._known[1]
            blobs = [(index, blob) for index, blob in frame.blobs if index in commitments]
            check_details(blobs, 0, 0, commitments)
            event = Details(*key, blobs, size) if blobs else None
        else:
            raise RemoteProtocolError("details without their package")
        if event is not None:
            self._events.append(event)
        if frame.last:
            self._arrival = self._known = None
