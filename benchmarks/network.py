"""A made-up network in one node's store: many labs, each with its own keys, log and items.

The texts are those of `relevance/heldout`, 400 items in two languages, mixed and numbered; so words
are as uneven as in inventories that people write, and no name or description comes twice.
"""

import json
import random
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from msgspec.structs import replace

from fedlab.inventory.facts import ItemSet, LabProfile, LabVouch
from fedlab.node.config import Folder
from fedlab.node.founding import found
from fedlab.node.service import Service
from fedlab.node.store import SqliteStore
from fedlab.node.writer import Draft
from fedlab.protocol.checkpoint import sign_head
from fedlab.protocol.entry import (
    FactHead,
    LabId,
    commit_detail,
    detail_field,
    encode_detail,
    encode_fact,
)
from fedlab.protocol.events import ChainSeen, Package
from fedlab.protocol.identity import SecretKeys, lab_id, make_genesis, read_chain, recovery_hash
from fedlab.protocol.keys import signing_public
from fedlab.protocol.limits import BLOCK_ENTRIES
from fedlab.protocol.merkle import leaf_hashes, root_of

HERE = Path(__file__).resolve().parent
NETWORK = "bench"
AT = 1_750_000_000
# Every item's place says it, and nothing else does: asking for it counts what can be found.
EVERYWHERE = "travée"


class Network(NamedTuple):
    """What `make_network` made."""

    items: int
    entries: int  # without the hub's own
    entry_bytes: float  # of fact and detail together, the mean


def item_name(number: int) -> str:
    """Return the name of the item of that number: no other has it."""
    named, made, _ = _mixed(number)
    words = (named["name"], made.get("brand"), made.get("model"), str(number + 10_000))
    return " ".join(filter(None, words))


def item_draft(number: int) -> Draft:
    """Return the item of that number, always the same."""
    named, made, told = _mixed(number)
    fact = ItemSet(
        by="", e=0, n=0, at=AT, code=f"T-{number:06}", kind=named.get("kind", "tool"),
        quantity=1000, unit="piece", terms=("lend", "use"), deposit=5000,
        value=15_000 + number % 5000,
    )  # fmt: skip
    description = f"{told.get('description', '')} Lot {number}."
    detail = {
        "name": item_name(number),
        "description": description.strip(),
        "category": named.get("category", ""),
        "brand": made.get("brand", ""),
        "model": made.get("model", ""),
        "condition": told.get("condition", ""),
        "place": f"{told.get('place', 'Atelier')}, {EVERYWHERE} {number % 40}",
        "lang": named.get("lang", ""),
    }
    return Draft(fact, encode_detail({key: text for key, text in detail.items() if text}))


def _mixed(number: int) -> tuple[dict[str, Any], ...]:
    """Return the item that names this one, that of its make, and that of its description.

    The three never meet again, so that nobody is quick by remembering whole texts.
    """
    texts = _texts()
    again = number // len(texts)
    return tuple(texts[(number + again * step) % len(texts)] for step in (0, 37, 91))


@cache
def _texts() -> list[dict[str, Any]]:
    lines = (HERE / "relevance" / "heldout" / "items.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def make_network(
    folder: Folder, labs: int, items_each: int, draft: Callable[[int], Draft] = item_draft
) -> Network:
    """Found a hub that holds so many labs besides its own, and vouches for them all."""
    found(folder, name="Hub", network=NETWORK, lat=47.2, lon=-1.55, lang="fr")
    chance = random.Random(1)  # same names and places every time
    store = SqliteStore(folder.path)
    entries = size = 0
    ids = []
    for number in range(labs):
        drafts = [draft(at) for at in range(number * items_each, (number + 1) * items_each)]
        lab, leaves, details = _write_log(number, drafts, chance, store)
        ids.append(lab)
        entries += len(leaves)
        size += sum(map(len, leaves)) + sum(len(blob) for blob in details if blob)
        if number % 50 == 49:
            print(f"{number + 1} labs made", file=sys.stderr)
    store.close()
    with Service(folder) as service:
        service.opened.append([Draft(LabVouch(by="", e=0, n=0, at=0, lab=lab)) for lab in ids])
        items = service.opened.index.count  # indexed before anybody looks at the clock
    assert items == labs * items_each, items
    return Network(items, entries, size / entries)


def _write_log(
    number: int, items: list[Draft], chance: random.Random, store: SqliteStore
) -> tuple[LabId, list[bytes], list[bytes | None]]:
    """Put one lab's log into a store, as an exchange would; return lab, leaves and details."""
    keys = SecretKeys(*(chance.randbytes(32) for _ in range(4)))
    recovery = recovery_hash(signing_public(chance.randbytes(32)))
    genesis = make_genesis(NETWORK, keys.public(), recovery, AT)
    lab = lab_id(genesis)
    place = {"lat": round(chance.uniform(43, 50), 4), "lon": round(chance.uniform(-4, 7), 4)}
    profile = LabProfile(by="", e=0, n=0, at=AT)
    drafts = [Draft(profile, encode_detail({"name": f"Fabrique {number}", "lang": "fr", **place}))]
    drafts += items
    leaves: list[bytes] = [genesis]
    details: list[bytes | None] = [None]
    for fact, body in drafts:
        assert body is not None
        salt = chance.randbytes(32)
        details.append(salt + body)
        leaves.append(_leaf(fact, lab, len(leaves), commit_detail(salt, body).hex()))
    hashes = leaf_hashes(leaves)
    head = sign_head(keys.log, NETWORK, lab, 0, len(leaves), root_of(hashes))
    packages = []
    for start in range(0, len(leaves), BLOCK_ENTRIES):
        part = slice(start, min(start + BLOCK_ENTRIES, len(leaves)))
        said = [detail_field(leaf) for leaf in leaves[part]]
        is_last = part.stop == len(leaves)
        packages.append(
            Package(
                lab, 0, start, leaves[part], hashes[part], said, details[part], head, is_last, 0
            )
        )
    store.commit([ChainSeen(read_chain([genesis])), *packages])
    return lab, leaves, details


def _leaf(fact: FactHead, lab: LabId, index: int, commitment: str) -> bytes:
    return encode_fact(replace(fact, by=lab, n=index, detail=commitment))
