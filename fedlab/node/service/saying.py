"""Signing only what would count: facts are folded first as if they stood in the log already.

So a refusal names the same status that every other node would give, and nothing inert is signed.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from fedlab.inventory.facts import Seen
from fedlab.ledger import book
from fedlab.node.errors import TryLaterError
from fedlab.node.service.base import Opened, now
from fedlab.node.store.base import StoredSubject
from fedlab.protocol.entry import Entry, Fact, LabId, Status, encode_fact
from fedlab.protocol.merkle import leaf_hash


def newest_head(opened: Opened, lab: LabId) -> dict[str, Any]:
    """Return the newest signed head of another lab that is held here, to quote it."""
    chain = opened.store.chain(lab)
    log = chain and opened.store.log(lab, chain.epoch)
    if not log or log.head is None:
        raise TryLaterError("nothing signed by that lab is held here yet", "wait for a sync")
    head = log.head
    quote = Seen(lab=lab, e=head.epoch, size=head.size, root=head.root.hex(), sig=head.sig.hex())
    return dict(msgspec.to_builtins(quote))


def status_if_said(opened: Opened, stored: StoredSubject, facts: Sequence[Fact]) -> Status:
    """Return the status that these facts would have, said one after the other now.

    It is that of the first that would not count. Raises LocalProtocolError where one of them
    cannot be written at all, and FactError where it breaks a rule of its type.
    """
    epoch = opened.store.own_chain().epoch
    log = opened.store.log(opened.lab, epoch)
    made = []
    for index, fact in enumerate(facts, log.held if log else 0):
        placed = msgspec.structs.replace(fact, by=opened.lab, e=epoch, n=index, at=now())
        leaf = encode_fact(placed)
        made.append(Entry(opened.lab, epoch, index, leaf_hash(leaf), leaf, placed, Status.COUNTED))
    for entry in made:
        if (status := opened.projector.judge(entry)) is not Status.COUNTED:
            return status
    entries = [*opened.projector.subject_entries(stored), *made]
    outcome = book.fold(stored.kind, stored.root.hex(), entries, opened.projector.stands)
    assert outcome is not None
    said = [outcome.statuses.get(entry.id.hex(), Status.COUNTED) for entry in made]
    return next((status for status in said if status is not Status.COUNTED), Status.COUNTED)
