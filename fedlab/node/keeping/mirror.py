"""This lab's own log, fetched back from peers that replicate it, before it opens its next epoch.

A lab that comes back from a backup has no keys to talk to peers with yet, but every node serves the
logs it holds at `/log` as C2SP tlog-tiles. What comes from there is proved by the lab's own
signatures before any of it is kept; the details follow later, over the usual channel.
"""

import http.client
import ssl
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from urllib.parse import urlsplit

from fedlab.node.store.base import Store
from fedlab.node.store.records import Peer
from fedlab.protocol.checkpoint import Head, parse_note
from fedlab.protocol.entry import decode_fact
from fedlab.protocol.errors import ProtocolError, RemoteProtocolError
from fedlab.protocol.identity import Chain, read_chain, settle
from fedlab.protocol.limits import BLOCK_ENTRIES, EPOCHS_MAX, MIRROR_BYTES_MAX, NOTE_BYTES_MAX
from fedlab.protocol.merkle import CompactRange, leaf_hashes
from fedlab.protocol.openings import Opening
from fedlab.protocol.tiles import Tile, decode_bundle, tile_path

# Somebody waits at a prompt; a peer behind a slow line answers a small question in this time.
ANSWER_S: Final = 15.0


class Found(NamedTuple):
    """What peers had: who answered, how many entries came back, and what contradicted the store."""

    asked: int
    answered: list[str]
    entries: int
    problems: list[str]


class MirrorError(Exception):
    """A peer does not answer, or what it serves is not this lab's log."""


class _Mirror:
    """One peer's `/log` of one lab."""

    def __init__(self, name: str, url: str, chain: Chain) -> None:
        self.name = name
        self._url = url.rstrip("/")
        self.chain = self._newest(chain)
        self.head = self._head()

    def _newest(self, chain: Chain) -> Chain:
        """Return the lab's chain with the openings that the peer has beyond those known."""
        while len(chain.leaves) < EPOCHS_MAX:
            first = self._get(chain, len(chain.leaves), tile_path(Tile(None, 0, 1)))
            if first is None:
                break
            chain = read_chain((*chain.leaves, *decode_bundle(first)), chain.network)
        return chain

    def _head(self) -> Head | None:
        chain = self.chain
        raw = self._get(chain, chain.epoch, "checkpoint", NOTE_BYTES_MAX)
        log_key = chain.keys(chain.epoch).log
        if raw is None:
            return None
        return parse_note(raw, chain.network, chain.lab, chain.epoch, log_key)

    def leaves(self, epoch: int, start: int, size: int) -> Iterator[list[bytes]]:
        """Yield the entries from the block of `start` up to `size`; raises MirrorError."""
        for index in range(start // BLOCK_ENTRIES, -(-size // BLOCK_ENTRIES)):
            width = min(BLOCK_ENTRIES, size - index * BLOCK_ENTRIES)
            raw = self._get(self.chain, epoch, tile_path(Tile(None, index, width)))
            leaves = decode_bundle(raw) if raw is not None else []
            if len(leaves) != width:
                raise MirrorError(f"{self.name} does not have the entries it has signed for")
            yield leaves

    def _get(
        self, chain: Chain, epoch: int, path: str, limit: int = MIRROR_BYTES_MAX
    ) -> bytes | None:
        """Return what is at an address of the log, None where nothing is; raises MirrorError."""
        parts = urlsplit(self._url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise MirrorError(f"{self._url} is not an address")
        secure = parts.scheme == "https"
        dial = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        try:
            connection = dial(parts.hostname, parts.port, timeout=ANSWER_S)
            try:
                connection.request("GET", f"{parts.path}/log/{chain.lab}/{epoch}/{path}")
                response = connection.getresponse()
                body = response.read(limit + 1)
            finally:
                connection.close()
        except (OSError, http.client.HTTPException, ssl.SSLError, ValueError) as exc:
            raise MirrorError(f"{self.name} does not answer at {self._url} ({exc})") from None
        if response.status == http.HTTPStatus.NOT_FOUND:
            return None
        if response.status != http.HTTPStatus.OK or len(body) > limit:
            raise MirrorError(f"{self.name} does not serve its logs ({response.status})")
        return body


def catch_up(store: Store, peers: Sequence[Peer]) -> Found:
    """Bring the store's own log up to what the peers hold of it; nothing is signed here."""
    chain, problems, mirrors = store.own_chain(), list[str](), list[_Mirror]()
    for peer in peers:
        mirror = _reach(peer, chain, problems)
        if mirror is not None:
            mirrors.append(mirror)
    for mirror in mirrors:
        if (settled := settle(chain, mirror.chain)) is None:
            problems.append(f"{mirror.name} holds another opening of this lab by the same words")
        else:
            chain = settled
    if chain != store.own_chain():
        store.adopt(chain)
    entries = 0
    newest_first = sorted(mirrors, key=lambda m: m.head.size if m.head else 0, reverse=True)
    for mirror in newest_first:
        if mirror.chain != chain:
            continue
        for head in _heads(chain, mirror):
            try:
                entries += _fetch(store, mirror, head)
            except (MirrorError, ProtocolError) as exc:
                problems.append(f"{mirror.name}: {exc}")
    return Found(len(peers), [mirror.name for mirror in mirrors], entries, problems)


def _reach(peer: Peer, chain: Chain, problems: list[str]) -> _Mirror | None:
    name = peer.name or peer.lab[:8]
    said = f"{name} has no address"
    for url in peer.urls:
        try:
            return _Mirror(name, url, chain)
        except (MirrorError, ProtocolError) as exc:
            said = str(exc)
    problems.append(said)
    return None


def _heads(chain: Chain, mirror: _Mirror) -> Iterator[Head]:
    """Yield the head of each epoch that counts: where its opening ends it, or the newest."""
    for leaf in chain.leaves[1:]:
        prev = decode_fact(leaf, Opening).prev
        yield Head(chain.lab, prev.e, prev.size, bytes.fromhex(prev.root), bytes.fromhex(prev.sig))
    if mirror.head is not None:
        yield mirror.head


def _fetch(store: Store, mirror: _Mirror, head: Head) -> int:
    """Fetch what is missing up to a signed head; return how many entries that was.

    Raises RemoteProtocolError where the head is of another log than the one held, MirrorError.
    """
    log = store.log(head.lab, head.epoch)
    held = log.held if log else 0
    tree = store.tree(head.lab, head.epoch)
    if head.size <= held:
        if tree.subtree(0, head.size) != head.root:
            raise _contradicts(head)
        if log and log.held == head.size and (log.head is None or log.head.size < head.size):
            store.put_head(head)
        return 0
    whole = CompactRange()
    full = held - held % BLOCK_ENTRIES
    for start in range(0, full, BLOCK_ENTRIES):
        whole.append_subtree(tree.subtree(start, start + BLOCK_ENTRIES), BLOCK_ENTRIES)
    fetched = [leaf for some in mirror.leaves(head.epoch, held, head.size) for leaf in some]
    whole.extend(leaf_hashes(fetched))
    ours = store.leaves(head.lab, head.epoch, full, held)
    if whole.root() != head.root or fetched[: held - full] != ours:
        raise _contradicts(head)
    new = fetched[held - full :]
    with store.transaction():
        store.append_leaves(head.lab, head.epoch, new, [None] * len(new))
        store.put_head(head)
    return len(new)


def _contradicts(head: Head) -> RemoteProtocolError:
    return RemoteProtocolError(
        f"its copy of this lab's log, {head.size} entries, is another version than the backup's"
    )
