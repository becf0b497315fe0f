"""Labs for tests: founded in a folder, quick to make, with the service to use them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fedlab.node import calls
from fedlab.node.config import Folder
from fedlab.node.founding import FoundedAnswer, found
from fedlab.node.service import Service
from fedlab.protocol.checkpoint import sign_head
from fedlab.protocol.entry import detail_field
from fedlab.protocol.events import Package
from fedlab.protocol.evidence import SplitView, split_of_heads
from fedlab.protocol.merkle import consistency_proof, leaf_hashes


def found_lab(
    path: Path, name: str = "Atelier", place: tuple[float, float] | None = None, **other: Any
) -> FoundedAnswer:
    """Found a lab in a folder."""
    lat, lon = place or (None, None)
    said = {"network": "fedlab", "lang": "fr", **other}
    return found(Folder(path), name=name, lat=lat, lon=lon, **said)


@contextmanager
def opened_lab(path: Path, name: str = "Atelier", **other: Any) -> Iterator[Service]:
    """Found a lab and open its service."""
    found_lab(path, name, **other)
    with Service(Folder(path)) as service:
        yield service


def ask(service: Service, name: str, **params: Any) -> Any:
    """Do one call of the table, as command line and control endpoint do."""
    return calls.answer(service, name, params)


def split_by(author: Service) -> SplitView:
    """Return the proof that a lab has signed two versions of its log, which part at entry 1."""
    store, keys = author.store, author.opened.keys
    log = store.log(store.lab, 0)
    assert log is not None and log.head is not None and keys is not None
    other = sign_head(keys.log, store.network, store.lab, 0, 2, b"?" * 32)
    tree = store.tree(store.lab, 0)
    proof = consistency_proof(tree, 2, log.head.size)
    return split_of_heads(other, log.head, tree.subtree(0, 2), proof)


def package_of(author: Service, start: int = 0) -> list[Package]:
    """Return an author's log as one package, from an entry on."""
    store = author.store
    log = store.log(store.lab, 0)
    assert log is not None and log.head is not None
    leaves = store.leaves(store.lab, 0, start, log.held)
    details = store.details(store.lab, 0, start, log.held)
    commitments = [detail_field(leaf) for leaf in leaves]
    hashes = leaf_hashes(leaves)
    return [Package(store.lab, 0, start, leaves, hashes, commitments, details, log.head, True, 0)]
