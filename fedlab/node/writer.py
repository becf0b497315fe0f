"""How this lab says something: the one way in which its log grows.

    commit the leaves          they are on disk before anything is signed
    read them back, hash again over a fresh connection, with the root that was signed before
    sign                       the same bytes again after a crash, since leaves are never given up
    commit the checkpoint
    write the head file        what the amnesia gate compares at the next start
    publish                    only now does anything leave the node

A crash between two steps leaves entries that are not signed; the next start signs them. One append
may carry many entries, which then share one checkpoint.
"""

import functools
import operator
import os
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec
from msgspec import UNSET
from msgspec.structs import replace

from fedlab.formats.tables import TOLD_EVERY, Tell
from fedlab.ledger.facts import FACTS
from fedlab.node.files import read_file
from fedlab.node.gate import Gate, State, write_head
from fedlab.node.keystore import save_keys
from fedlab.node.store.base import Store
from fedlab.node.store.errors import StoreError, explained
from fedlab.protocol.checkpoint import Head, sign_head
from fedlab.protocol.entry import FactHead, commit_detail, encode_fact
from fedlab.protocol.identity import SecretKeys, read_chain
from fedlab.protocol.limits import NOTE_BYTES_MAX, SALT_BYTES
from fedlab.protocol.merkle import EMPTY_ROOT, leaf_hash

F = TypeVar("F", bound=FactHead)

# Who says a fact is known when it is signed; until then it must only not be a lab that exists.
_NOBODY: Final = "0" * 64
_read_draft = msgspec.json.Decoder(functools.reduce(operator.or_, FACTS)).decode


class Draft(NamedTuple):
    """Something to say; the writer fills in `by`, `e`, `n`, `at` and `detail` of the fact."""

    fact: FactHead
    detail: bytes | None = None  # the body, without salt


def fact_of(kind: type[F], fields: Mapping[str, Any]) -> F:
    """Return a fact to draft, of fields by their names in the log; None and UNSET are left out.

    Raises msgspec.ValidationError saying what of them cannot be.
    """
    head = {"t": kind.__struct_config__.tag, "by": _NOBODY, "e": 0, "n": 0, "at": 0}
    said = {name: value for name, value in fields.items() if value not in (None, UNSET)}
    return msgspec.convert(head | said, kind)


class Written(NamedTuple):
    """What became of an append: the ids of its entries, or none if it waits as drafts."""

    ids: list[str]
    drafted: bool = False


class Writer:
    """Appends to this lab's log; `keys` is None where this machine does not have them.

    `now` gives Unix seconds. `publish` is told each head once it may leave the node.
    """

    def __init__(
        self,
        store: Store,
        gate: Gate,
        keys: SecretKeys | None,
        *,
        now: Callable[[], int],
        publish: Callable[[Head], None] = lambda head: None,
        salt: Callable[[int], bytes] = os.urandom,
    ) -> None:
        self._store = store
        self._gate = gate
        self._keys = keys
        self._now = now
        self._publish = publish
        self._salt = salt
        self._lock = threading.Lock()

    def start(self) -> None:
        """Look at the gate; if it is open, sign what a crash left and append the drafts."""
        with self._lock:
            self._gate.look()
            self._opened()

    def append(self, drafts: Sequence[Draft], tell: Tell = lambda done, of: None) -> Written:
        """Say something: all of it is on disk and published when this returns, or kept as drafts.

        Raises LocalProtocolError, before anything is written, for a fact that breaks a rule, and
        StoreError; after one of those the entries may still be signed at the next append.
        """
        with self._lock:
            at = self._now()
            drafts = [Draft(replace(fact, at=at), detail) for fact, detail in drafts]
            if self.may_sign:
                self._sign_rest()
                return self._append(drafts, tell=tell)
            epoch = self._epoch
            saved = [(self._leaf(draft, epoch, 0), draft.detail) for draft in drafts]
            self._store.drafts.add(saved)
            return Written([], drafted=True)

    @property
    def may_sign(self) -> bool:
        """Whether an append is signed at once."""
        return self._gate.is_open and self._keys is not None

    def own_head(self, head: Head | None) -> None:
        """Take in what a peer holds of this lab; raises RemoteProtocolError if it was made up."""
        with self._lock:
            was_open = self._gate.is_open
            self._gate.shown(head)
            if not was_open:
                self._opened()

    def fetched(self) -> None:
        """Look again after entries of this lab were fetched back from a peer."""
        with self._lock:
            if self._gate.state is State.AHEAD:
                self._gate.look()
                self._opened()

    def forked(self) -> None:
        """Look again after a second past of this lab's log was proved: nothing more is signed."""
        with self._lock:
            self._gate.look()

    # --- The steps --------------------------------------------------------------------------------

    def _opened(self) -> None:
        if not self.may_sign:
            return
        self._sign_rest()
        saved = self._store.drafts.list()
        if not saved:
            return
        drafts = [Draft(_read_draft(draft.fact), draft.detail) for draft in saved]
        self._append(drafts, drafts_upto=saved[-1].id)

    @property
    def _epoch(self) -> int:
        return self._store.own_chain().epoch

    def _append(
        self,
        drafts: Sequence[Draft],
        *,
        drafts_upto: int | None = None,
        tell: Tell = lambda done, of: None,
    ) -> Written:
        epoch = self._epoch
        log = self._store.log(self._store.lab, epoch)
        start = log.held if log else 0
        leaves: list[bytes] = []
        details: list[bytes | None] = []
        for index, draft in enumerate(drafts, start):
            if (index - start) % TOLD_EVERY == 0:
                tell(index - start, len(drafts))
            detail = None if draft.detail is None else self._salt(SALT_BYTES) + draft.detail
            leaves.append(self._leaf(draft, epoch, index, detail))
            details.append(detail)
        self._store.append_leaves(self._store.lab, epoch, leaves, details, drafts_upto=drafts_upto)
        self._sign_rest()
        return Written([leaf_hash(leaf).hex() for leaf in leaves])

    def _leaf(self, draft: Draft, epoch: int, index: int, detail: bytes | None = None) -> bytes:
        head = {"by": self._store.lab, "e": epoch, "n": index}
        if detail is not None:
            head["detail"] = commit_detail(detail[:SALT_BYTES], detail[SALT_BYTES:]).hex()
        return encode_fact(replace(draft.fact, **head))

    def _sign_rest(self) -> None:
        """Sign and publish what is committed and not signed yet."""
        log = self._store.log(self._store.lab, self._epoch)
        if log is None or (log.head and log.head.size == log.held):
            return
        root = self._read_back(log.head, log.held)
        head = self._sign(log.held, root)
        self._store.put_head(head)
        self._gate.record(head)
        self._publish(head)

    def _read_back(self, signed: Head | None, held: int) -> bytes:
        """Return the root that the disk's own bytes make; raises StoreError if they are others."""
        before = signed.size if signed else 0
        again = self._store.hash_again(self._store.lab, self._epoch, before)
        if (again.size, again.before) != (held, signed.root if signed else EMPTY_ROOT):
            raise StoreError(
                "corrupt",
                "the disk does not give back what was signed",
                "Run `fedlab verify`; nothing is signed until it finds no problem.",
            )
        return again.root

    def _sign(self, size: int, root: bytes) -> Head:
        assert self._keys is not None
        store = self._store
        return sign_head(self._keys.log, store.network, store.lab, self._epoch, size, root)


def found_lab(
    store: Store, head_path: Path, keys_path: Path, genesis: bytes, keys: SecretKeys
) -> None:
    """Make a new lab in an empty folder; its genesis is signed when a writer starts.

    The head file comes first, at 0 entries: a founding that was cut short can then be told from a
    folder whose database is lost. Raises StoreError if there is a lab already.
    """
    chain = read_chain([genesis])
    if store.has_lab() or (keys_path.exists() and not is_unused(head_path)):
        raise StoreError(
            "has_lab",
            f"{keys_path.parent} holds a lab already",
            "Choose another folder with --data; nothing was changed.",
        )
    nothing = sign_head(keys.log, chain.network, chain.lab, 0, 0, EMPTY_ROOT)
    write_head(head_path, nothing, chain)
    save_keys(keys_path, chain.lab, 0, keys)
    with store.transaction():
        store.adopt(chain)
        store.append_leaves(chain.lab, 0, [genesis], [None])


def is_unused(head_path: Path) -> bool:
    """Say whether the head file tells of a lab that never said anything."""
    with explained(head_path):
        if not head_path.exists():
            return False
        return read_file(head_path, NOTE_BYTES_MAX).split(b"\n")[1:2] == [b"0"]
