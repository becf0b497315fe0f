"""What a node asks of its store; `tests/node/store/contract.py` is what every engine must pass.

The permanent part (leaves, chains, heads) only grows. Details can be erased for good. The private
tables never leave the node. Projections are computed from the rest and can be dropped.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import NamedTuple, Protocol

from fedlab.protocol.checkpoint import Head
from fedlab.protocol.events import ChainSeen, Details, Package
from fedlab.protocol.evidence import SplitView
from fedlab.protocol.identity import Chain
from fedlab.protocol.replica import LogReader

from .house import ApiTokens, Counter, Desk, Journal, LoginKeys, Members, Sessions, Wishes
from .local import Answers, Blocks, Drafts, Imports, Invites, Peers, Settings

# The setting that tells of an erasure which the search index has not followed to the last byte.
PURGE_KEY = "purge"


class Place(NamedTuple):
    """Where an entry stands."""

    lab: str
    epoch: int
    at: int


class Rehashed(NamedTuple):
    """What the disk's own bytes make of a log."""

    size: int
    before: bytes  # the root at the size that was asked about
    root: bytes  # the root at `size`


class FoldPosition(NamedTuple):
    """How far a log is folded, and how much of it is held."""

    lab: str
    epoch: int
    folded: int
    held: int


ItemName = tuple[str, str]
"""A lab, and the code of one of its items."""


class StoredItem(NamedTuple):
    """The folded state of one item; None where a second folding found that it does not exist."""

    lab: str
    code: str
    changed: int
    state: bytes | None


class Folded(NamedTuple):
    """What folding one run of a log's entries has changed."""

    items: Sequence[tuple[str, bytes, bool]]  # code, state, and whether it is not retired
    lab_state: bytes | None  # None where it has not changed
    ids: Sequence[tuple[int, bytes]]  # index and id of the entries that have the right head
    statuses: Sequence[tuple[int, int]]  # index and status of those that do not count
    ledger: Sequence["LedgerEntry"] = ()
    promises: Sequence[tuple[bytes, bytes | None]] = ()  # by loan; None where nothing is left


class LedgerEntry(NamedTuple):
    """An entry about a loan, a need or a purchase, with the status that its own log gives it."""

    kind: str
    root: bytes
    at: int
    status: int
    leaf: bytes


class SubjectEntry(NamedTuple):
    """An entry as it is kept with its subject; `verdict` is the status after its fold."""

    place: Place
    status: int
    verdict: int
    leaf: bytes


class StoredSubject(NamedTuple):
    """A loan, need or purchase; no state before it is folded, or where nobody can."""

    id: int
    kind: str
    root: bytes
    open: bool
    state: bytes | None


class FoldedSubject(NamedTuple):
    """What folding a subject has made of it; the verdicts are those that have changed."""

    id: int
    state: bytes | None
    open: bool
    labs: Sequence[str]
    verdicts: Sequence[tuple[Place, int]]


class Subjects(Protocol):
    """The ledger: entries by what they are about, and what they make."""

    def to_fold(self, limit: int) -> list[StoredSubject]: ...
    def entries(self, subjects: Sequence[int]) -> dict[int, list[SubjectEntry]]: ...
    def put(self, folded: Iterable[FoldedSubject]) -> None: ...
    def find(self, kind: str, prefix: str, limit: int = 2) -> list[StoredSubject]: ...
    def of_lab(
        self, kind: str, lab: str, *, open_: bool | None = None, after: int = 0, limit: int = 1000
    ) -> list[StoredSubject]: ...
    def of_kind(self, kind: str, *, after: int = 0, limit: int = 1000) -> list[StoredSubject]: ...
    def verdicts(self, lab: str, epoch: int, start: int, end: int) -> dict[int, int]: ...


class Projections(Protocol):
    """What the projector computes: states, entry ids and statuses; never the truth."""

    @property
    def subjects(self) -> Subjects: ...

    def positions(self) -> list[FoldPosition]: ...
    def put(self, lab: str, epoch: int, upto: int, folded: Folded) -> None: ...
    def forget(self, lab: str) -> None: ...
    def clear(self) -> None: ...
    def generation(self) -> str: ...

    def touched(self, limit: int) -> list[Place]: ...
    def settle(self, places: Iterable[Place]) -> None: ...

    def item_states(self, named: Iterable[ItemName]) -> dict[ItemName, bytes]: ...
    def items(self, lab: str | None = None, after: str = "") -> Iterator[StoredItem]: ...
    def changed_since(self, changed: int, limit: int) -> list[StoredItem]: ...
    def change(self, lab: str, codes: Iterable[str] | None = None) -> None: ...
    def last_change(self) -> int: ...
    def counts(self) -> dict[str, int]: ...

    def promises(self, lab: str, loans: Iterable[bytes]) -> dict[bytes, bytes]: ...

    def lab_state(self, lab: str) -> bytes | None: ...
    def lab_states(self) -> dict[str, bytes]: ...

    def find_entries(self, prefix: str, limit: int) -> list[Place]: ...
    def statuses(self, lab: str, epoch: int, start: int, end: int) -> dict[int, int]: ...


class Store(LogReader, Protocol):
    """Everything a node keeps. What is written is on disk when a method, or the transaction
    around it, returns; what the disk refuses is raised as StoreError."""

    @property
    def settings(self) -> Settings: ...
    @property
    def peers(self) -> Peers: ...
    @property
    def invites(self) -> Invites: ...
    @property
    def blocks(self) -> Blocks: ...
    @property
    def drafts(self) -> Drafts: ...
    @property
    def imports(self) -> Imports: ...
    @property
    def answers(self) -> Answers: ...
    @property
    def members(self) -> Members: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def login_keys(self) -> LoginKeys: ...
    @property
    def api_tokens(self) -> ApiTokens: ...
    @property
    def journal(self) -> Journal: ...
    @property
    def desk(self) -> Desk: ...
    @property
    def counter(self) -> Counter: ...
    @property
    def wishes(self) -> Wishes: ...
    @property
    def projections(self) -> Projections: ...

    def transaction(self) -> AbstractContextManager[object]:
        """Make all writes of the block one."""
        ...

    def close(self) -> None: ...

    def check(self) -> list[str]:
        """Return what the engine itself finds damaged, a sentence each."""
        ...

    def adopt(self, chain: Chain) -> None:
        """Say whose store this is; raises StoreError if it is another lab's already."""
        ...

    def has_lab(self) -> bool:
        """Say whether this store has an owner."""
        ...

    def own_chain(self) -> Chain:
        """Return the owner's chain; raises StoreError if there is no owner or the chain is lost."""
        ...

    # --- This lab's own log: one step of the writer each -----------------------------------------

    def append_leaves(
        self,
        lab: str,
        epoch: int,
        leaves: Sequence[bytes],
        details: Sequence[bytes | None],
        *,
        drafts_upto: int | None = None,
    ) -> None:
        """Add entries that are not signed yet, in place of the drafts up to that one."""
        ...

    def hash_again(self, lab: str, epoch: int, before: int) -> Rehashed:
        """Hash the leaves from `before` on as the disk has them, past this process's memory.

        Raises StoreError if they are not those that were committed.
        """
        ...

    def put_head(self, head: Head) -> None:
        """Keep a head up to which everything is held.

        Raises LocalProtocolError if the entries do not make its root, or it is not newer.
        """
        ...

    # --- What peers send, verified before ---------------------------------------------------------

    def commit(
        self,
        events: Sequence[Package | Details | ChainSeen],
        carriers: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        """Put it on disk in one transaction; a package that does not follow is skipped.

        `carriers` are the peers that brought the packages, by their lab.
        """
        ...

    def put_evidence(self, evidence: SplitView) -> None:
        """Keep the proof of a split view: the log is frozen from then on, and folded again."""
        ...

    def evidence(self, lab: str) -> list[SplitView]:
        """Return the proof of each split view of a lab, by epoch."""
        ...

    def put_seen(self, seen: Mapping[tuple[str, int], float]) -> None:
        """Note when logs were known to be at their head, in Unix seconds.

        Kept in memory until something else is written: losing it makes data look older, no more.
        """
        ...

    # --- Details --------------------------------------------------------------------------

    def details_of(self, places: Sequence[Place]) -> list[bytes | None]:
        """Return salt and body of the details of entries anywhere; None where none is held."""
        ...

    def erase(self, lab: str, epoch: int, index: int) -> None:
        """Remove a detail for good and refuse it from then on; `scrub` ends the work.

        Sets `PURGE_KEY` if there was one.
        """
        ...

    def erased(self, lab: str, epoch: int, start: int, end: int) -> set[int]:
        """Return the indexes whose details were erased."""
        ...

    def scrub(self) -> bool:
        """Leave nothing of what was erased in any file; False if a reader is in the way."""
        ...
