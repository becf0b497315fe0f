"""The asking half of a connection: what is wanted of the peer's offers, and the answers.

Answers come in the order of the requests, so whatever is not the next one was not asked for.
"""

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from . import frames
from .checkpoint import Head
from .errors import AuthorError, LocalProtocolError, RemoteProtocolError
from .events import ChainSeen, Details, Event, Fault, Package, Parted
from .evidence import split_of_heads
from .limits import (
    BLOCK_ENTRIES,
    DETAILS_FRAME_BYTES_MAX,
    REQUESTS_MAX,
    STALL_BYTES,
    WANT_ENTRIES_MAX,
)
from .merkle import verify_consistency
from .offers import Offer, Offers
from .parting import Parting
from .replica import LogKey, Replica
from .serving import runs
from .transfer import Arrival, MismatchError, Transfer, check_details, commitments_of


@dataclass(slots=True)
class EntriesAsked:
    """A `Want` that is being answered."""

    transfer: Transfer
    next: int
    end: int


@dataclass(slots=True)
class DetailsAsked:
    """A `WantDetails` that is being answered."""

    key: LogKey
    commitments: dict[int, bytes | None]
    next: int = 0  # the smallest index that the next detail may have


@dataclass(slots=True)
class ProofAsked:
    """A `WantProof` that is being answered, about a transfer that came to a stop."""

    transfer: Transfer
    old: Head
    message: str


class Puller:
    """Requests and answers of one connection; `emit` takes the events."""

    def __init__(self, replica: Replica, offers: Offers, emit: Callable[[Event], None]) -> None:
        self._replica = replica
        self._offers = offers
        self._emit = emit
        self.peer = ""  # who carries what comes, once it is known
        self.grant = 0  # credit to give back
        self.progress_at = 0.0  # when answers last moved by a good piece, for the time limit
        self._moved = 0  # bytes of answers since then
        self._unwritten = 0  # events that are not on disk yet
        self._resumed = False  # the disk has caught up since progress was last looked at
        self._transfers: dict[LogKey, Transfer] = {}
        self._doubts: list[ProofAsked] = []
        self._asked: deque[EntriesAsked | DetailsAsked | ProofAsked | Parting] = deque()
        self._arrival: Arrival | None = None
        self._lacking: dict[LogKey, int] = {}  # logs to search for missing details, from here on

    @property
    def waiting(self) -> bool:
        """Whether the peer owes an answer that nothing on our side holds up."""
        return bool(self._asked) and not self._unwritten and not self._resumed

    def behind(self) -> int:
        """Return how many entries the peer offers that are wanted and not on disk yet."""
        behind = 0
        for key in self._offers.todo.keys() | self._transfers.keys():
            offer = self._offers.heads[key]
            if self._wants(offer):
                behind += self._replica.goal(offer.head) - self._replica.log(key).held
        return behind

    def look_for_details(self) -> None:
        """Search everything offered for details that nobody had so far."""
        self._lacking |= dict.fromkeys(self._offers.heads, 0)

    def _wants(self, offer: Offer) -> bool:
        return self._replica.wants(offer.head, names_us=offer.names_us, carrier=self.peer)

    def _left(self, key: LogKey) -> int:
        return self._replica.budget.left(key[0], self.peer)

    # --- asking ---

    def requests(self, now: float) -> Iterator[frames.Frame]:
        """Yield what to ask for now."""
        if self._resumed:
            self._resumed, self.progress_at = False, now  # the peer's time runs again
        while len(self._asked) < REQUESTS_MAX and (frame := self._next_request()):
            if len(self._asked) == 1:
                self.progress_at = now
            yield frame

    def _next_request(self) -> frames.Frame | None:
        if self._doubts:
            return self._want_proof(self._doubts.pop())
        if self._offers.partings:
            return self._want_parting(self._offers.partings.pop())
        for transfer in list(self._transfers.values()):
            if frame := self._want_more(transfer):
                return frame
        for key in list(self._offers.todo):
            if (begun := self._begin(key)) and (frame := self._want_more(begun)):
                return frame
        return self._want_details()

    def _want_proof(self, doubt: ProofAsked) -> frames.WantProof:
        self._asked.append(doubt)
        lab, epoch = doubt.transfer.key
        return frames.WantProof(bytes.fromhex(lab), epoch, doubt.old.size, doubt.transfer.head.size)

    def _want_parting(self, parting: Parting) -> frames.WantProof:
        self._asked.append(parting)
        lab, epoch = parting.key
        return frames.WantProof(bytes.fromhex(lab), epoch, parting.middle, parting.theirs.size)

    def _want_more(self, transfer: Transfer) -> frames.Want | None:
        """Ask for the next entries of a log, half a request ahead of what has come."""
        start, size = transfer.asked, transfer.head.size
        if transfer.over or start >= size or start - transfer.at > WANT_ENTRIES_MAX // 2:
            return None
        lab, epoch = transfer.key
        goal = self._replica.goal(transfer.head)
        if start >= goal or self._left(transfer.key) <= 0:
            transfer.over = transfer.at == start  # what was asked may still come
            self._settle(transfer)
            return None
        # Below the head, packages end where a block does.
        last = min(size, goal + -goal % BLOCK_ENTRIES)
        end = min(last, start - start % BLOCK_ENTRIES + WANT_ENTRIES_MAX)
        transfer.asked = end
        self._asked.append(EntriesAsked(transfer, start, end))
        return frames.Want(bytes.fromhex(lab), epoch, size, start, end)

    def _begin(self, key: LogKey) -> Transfer | None:
        """Begin to pull a log that is offered, unless it is not wanted, or another one pulls it."""
        offer = self._offers.heads[key]
        log = self._replica.log(key)
        if not self._wants(offer):
            del self._offers.todo[key]
            return None
        if log.fetcher is not None:
            return None
        del self._offers.todo[key]
        if not self._offers.verify(offer):
            return None
        chain = offer.verified
        assert chain is not None, "the head was verified by it"
        try:
            transfer = Transfer(self._replica.reader, log, offer.head, chain)
        except LocalProtocolError as exc:
            self._emit(Fault("us", self._replica.lab, str(exc), exc.hint))
            return None
        if self._replica.chain(key[0]) is not chain:
            self._replica.learn_chain(chain)
            self._emit(ChainSeen(chain))
        self._replica.claim(key, transfer)
        self._transfers[key] = transfer
        return transfer

    def _want_details(self) -> frames.WantDetails | None:
        """Ask for details that are missing, one log at a time, once nothing else is under way."""
        self._lacking |= dict.fromkeys(self._offers.settled, 0)
        self._offers.settled.clear()
        if self._asked or self._transfers:
            return None
        reader = self._replica.reader
        for key, cursor in list(self._lacking.items()):
            size = self._offers.heads[key].head.size
            indexes = [i for i in reader.missing_details(*key, cursor, BLOCK_ENTRIES) if i < size]
            if not indexes or self._left(key) <= 0:
                del self._lacking[key]
                continue
            self._lacking[key] = indexes[-1] + 1
            commitments: dict[int, bytes | None] = {}
            for start, end in runs(indexes):
                found = commitments_of(reader.leaves(*key, start, end))
                commitments.update(zip(range(start, end), found, strict=True))
            self._asked.append(DetailsAsked(key, commitments))
            return frames.WantDetails(bytes.fromhex(key[0]), key[1], indexes)
        return None

    # --- answers ---

    def package(self, frame: frames.Package, size: int, now: float) -> None:
        """Take a package; raises RemoteProtocolError if it is not the next one, or garbage."""
        self.arriving(size, now)
        asked = self._asked[0] if self._asked else None
        if not isinstance(asked, EntriesAsked) or self._arrival is not None:
            raise RemoteProtocolError("a package that was not asked for")
        transfer, start = asked.transfer, asked.next
        end = min(asked.end, start - start % BLOCK_ENTRIES + BLOCK_ENTRIES)
        got = (frame.lab.hex(), frame.epoch, frame.size, frame.start, len(frame.leaves))
        if got != (*transfer.key, transfer.head.size, start, end - start):
            raise RemoteProtocolError("a package that is not the next one that was asked for")
        asked.next = end
        if self._left(transfer.key) <= 0:
            transfer.over = True  # what was asked for while there was room left is more than that
        hashes = None if transfer.over else self._accept(transfer, frame)
        self._arrival = Arrival(transfer, start, frame.leaves, hashes, size)

    def _accept(self, transfer: Transfer, frame: frames.Package) -> list[bytes] | None:
        """Verify a package; None if the transfer came to a stop over it."""
        try:
            return transfer.accept(frame.leaves, frame.proof)
        except AuthorError as exc:
            self._replica.freeze(transfer.key)
            self._emit(Fault("author", transfer.key[0], str(exc), exc.hint))
        except MismatchError as exc:
            log = self._replica.log(transfer.key)
            older = [h for h in (log.toward, log.head) if h and h.size < transfer.head.size]
            if older:
                self._doubts.append(ProofAsked(transfer, older[0], str(exc)))
        transfer.over = True
        return None

    def details(self, frame: frames.Details, size: int, now: float) -> None:
        """Take details; raises RemoteProtocolError for what was not asked for or is not theirs."""
        self.arriving(size, now)
        asked = self._asked[0] if self._asked else None
        key = (frame.lab.hex(), frame.epoch)
        if size > DETAILS_FRAME_BYTES_MAX or not (frame.blobs or frame.last):
            raise RemoteProtocolError(
                f"a details frame of {len(frame.blobs)} details, {size} bytes"
            )
        arrival = self._arrival
        if isinstance(asked, DetailsAsked) and asked.key == key:
            asked.next = check_details(frame.blobs, asked.next, 0, asked.commitments)
            if frame.blobs and self._left(key) > 0:
                self._raise(Details(*key, frame.blobs, size))
            else:
                self.grant += size
            if frame.last:
                self._answered(now)
        elif isinstance(asked, EntriesAsked) and arrival is not None and arrival.key == key:
            event = arrival.details(frame.blobs, size)
            if event is not None:
                self._raise(event)
            self.grant += arrival.spare
            arrival.spare = 0
            if frame.last:
                self._arrival = None
                if asked.next == asked.end:
                    self._answered(now)
                self._settle(asked.transfer)
        else:
            raise RemoteProtocolError("details that were not asked for")

    def proof(self, frame: frames.Proof, size: int, now: float) -> None:
        """Take the proof that tells garbage from a split view, or how far back that one goes.

        Raises RemoteProtocolError if it proves nothing, or that the peer sent garbage before.
        """
        asked = self._asked[0] if self._asked else None
        got = (frame.lab.hex(), frame.epoch, frame.old, frame.new)
        if isinstance(asked, Parting):
            expected = (*asked.key, asked.middle, asked.theirs.size)
        elif isinstance(asked, ProofAsked):
            expected = (*asked.transfer.key, asked.old.size, asked.transfer.head.size)
        else:
            raise RemoteProtocolError("a proof that was not asked for")
        if got != expected:
            raise RemoteProtocolError("a proof that is not the one that was asked for")
        if isinstance(asked, Parting):
            self._narrow(asked, frame)
        else:
            self._judge(asked, frame)
        self._answered(now)
        self.grant += size
        if isinstance(asked, ProofAsked):
            self._settle(asked.transfer)

    def _narrow(self, parting: Parting, frame: frames.Proof) -> None:
        """Come nearer to the point where two pasts part."""
        parting.narrow(self._replica.reader.tree(*parting.key), frame.old_root, frame.hashes)
        if parting.found:
            self._emit(Parted(parting.evidence))
        else:
            self._offers.partings.append(parting)

    def _judge(self, asked: ProofAsked, frame: frames.Proof) -> None:
        """Tell whose fault it was that a transfer came to a stop."""
        old, new = asked.old, asked.transfer.head
        verify_consistency(old.size, new.size, frame.old_root, new.root, frame.hashes)
        if frame.old_root != old.root:
            self._offers.split_view(split_of_heads(old, new, frame.old_root, frame.hashes))
        elif self._replica.log(asked.transfer.key).held <= old.size:
            raise RemoteProtocolError(f"a package of garbage: {asked.message}")

    def arriving(self, size: int, now: float) -> None:
        """Count bytes of an answer; a trickle is no progress, for it would hold a log for ever."""
        self._moved += size
        if self._moved >= STALL_BYTES:
            self._moved, self.progress_at = 0, now

    def _answered(self, now: float) -> None:
        """Take note that the oldest request is answered whole."""
        self._asked.popleft()
        self._moved, self.progress_at = 0, now

    # --- what became of it ---

    def _raise(self, event: Package | Details) -> None:
        """Hand over what is to go to disk."""
        self._unwritten += 1
        self._emit(event)

    def committed(self, event: Package | Details) -> None:
        """Take note that an event is on disk: give its credit back, and move on."""
        self.grant += event.stream_bytes
        if isinstance(event, Package) and event.complete:
            self._offers.note_age((event.lab, event.epoch))
        self.landed(event)

    def landed(self, event: Package | Details) -> None:
        """Take note that an event is on its way no more, whether or not it is on disk."""
        self._unwritten -= 1
        self._resumed = not self._unwritten
        if isinstance(event, Package):
            transfer = self._transfers.get((event.lab, event.epoch))
            if transfer is not None:
                transfer.uncommitted -= 1
                self._settle(transfer)

    def log_changed(self, key: LogKey) -> None:
        """Take note that a log's head moved on, by whatever connection."""
        self._offers.note_age(key)
        if key in self._offers.heads:
            self._lacking[key] = 0

    def _settle(self, transfer: Transfer) -> None:
        """Let go of a log when its transfer has ended and nothing of it is on its way."""
        if not (transfer.over or transfer.complete) or transfer.uncommitted:
            return
        waiting = [*self._asked, *self._doubts]
        if any(getattr(asked, "transfer", None) is transfer for asked in waiting):
            return
        self._replica.release(transfer.key, transfer)
        self._transfers.pop(transfer.key, None)
        if transfer.complete and self._replica.log(transfer.key).held < transfer.head.size:
            # Somebody else put entries on disk meanwhile, and ours no longer followed them.
            self._offers.todo[transfer.key] = None

    def close(self) -> None:
        """Let go of everything that is not on its way to the disk."""
        self._asked.clear()
        self._doubts.clear()
        for transfer in list(self._transfers.values()):
            transfer.over = True
            self._settle(transfer)
