"""Peers that break the rules, and labs that sign two pasts: each refused, the right one blamed.

A `Puppet` is let in like any friend and then says what the test tells it to. In every case nothing
wrong is committed, and what is at fault is named: the carrier that sent it, or the author that
signed it, whoever carried that.
"""

from collections.abc import Callable

import msgspec
import pytest

from fedlab.protocol import frames
from fedlab.protocol.events import Package
from fedlab.protocol.frames import encode_frame
from fedlab.protocol.limits import (
    CREDIT_BYTES,
    FRAME_BYTES_MAX,
)
from fedlab.protocol.merkle import consistency_proof, leaf_hashes
from fedlab.protocol.trees import ListTree

from .nodes import Lab, Node
from .puppet import Puppet, carrier_is_blamed, changed_leaf, package_frames

# --- garbage in packages ---


def changed_proof(package: frames.Package) -> frames.Package:
    return msgspec.structs.replace(package, proof=[b"?" * 32, *package.proof[1:]])


def longer_proof(package: frames.Package) -> frames.Package:
    return msgspec.structs.replace(package, proof=[*package.proof, b"?" * 32])


@pytest.mark.parametrize("spoil", [changed_leaf, changed_proof, longer_proof])
def test_a_package_that_does_not_reach_the_head_is_its_carriers_fault(
    anna: Node, bert: Lab, spoil: Callable[[frames.Package], frames.Package]
) -> None:
    bert.write(700)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert, spoil=spoil)
    carrier_is_blamed(puppet, "proof fails")
    assert anna.size_of(bert) == 0


def test_garbage_later_on_costs_only_what_came_after(anna: Node, bert: Lab) -> None:
    bert.write(700)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert, spoil=lambda p: changed_leaf(p) if p.start == 256 else p)
    carrier_is_blamed(puppet, "proof fails")
    assert anna.size_of(bert) == 256
    honest = Puppet(anna, bert)
    honest.offer(bert)
    honest.answer(bert)
    assert anna.size_of(bert) == 701


def test_garbage_in_the_open_block_is_told_from_a_split_view_by_a_proof(
    anna: Node, bert: Lab
) -> None:
    """Anna holds a part of the block, so what fails might be her part: she asks for a proof."""
    bert.write(299)
    anna.holds(bert, 280)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert, spoil=changed_leaf)
    assert not puppet.sync.closed
    asked = puppet.last(frames.WantProof)
    assert isinstance(asked, frames.WantProof) and (asked.old, asked.new) == (280, 300)
    puppet.say(proof_of(bert, 280, 300))
    carrier_is_blamed(puppet, "garbage")
    assert anna.size_of(bert) == 280


def proof_of(lab: Lab, old: int, new: int) -> frames.Proof:
    tree = ListTree(leaf_hashes(lab.leaves))
    hashes = consistency_proof(tree, old, new)
    return frames.Proof(bytes.fromhex(lab.id), 0, old, new, tree.subtree(0, old), hashes)


@pytest.mark.parametrize(
    "change",
    [
        {"hashes": [b"?" * 32]},
        {"old_root": b"?" * 32},
        {"old": 279},
        {"new": 299},
        {"lab": b"?" * 32},
    ],
)
def test_a_proof_that_proves_nothing_is_its_carriers_fault(
    anna: Node, bert: Lab, change: dict[str, object]
) -> None:
    """Else anybody could freeze anybody's log."""
    bert.write(299)
    anna.holds(bert, 280)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert, spoil=changed_leaf)
    puppet.say(msgspec.structs.replace(proof_of(bert, 280, 300), **change))
    assert puppet.fault().fault == "carrier" and puppet.sync.closed
    assert not anna.replica.log((bert.id, 0)).frozen


@pytest.mark.parametrize(
    "change",
    [
        {"start": 1},
        {"epoch": 1},
        {"size": 700},
        {"lab": b"?" * 32},
        {"leaves": [b"{}"] * 255},
    ],
)
def test_a_package_that_is_not_the_next_one_is_refused(
    anna: Node, bert: Lab, change: dict[str, object]
) -> None:
    bert.write(700)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert, spoil=lambda package: msgspec.structs.replace(package, **change))
    carrier_is_blamed(puppet, "not the next one")


def test_an_endless_answer_is_refused_with_its_first_package_too_many(
    anna: Node, bert: Lab
) -> None:
    bert.write(9)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    puppet.answer(bert)
    assert anna.size_of(bert) == 10
    puppet.say(*package_frames(bert, 10, 0, 10))
    carrier_is_blamed(puppet, "not asked for")


def test_a_package_nobody_asked_for_is_refused(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(*package_frames(bert, 1, 0, 1))
    carrier_is_blamed(puppet, "not asked for")


def test_more_than_the_credit_is_refused() -> None:
    """Anna commits nothing, so all that comes counts against what she gave."""
    bert = Lab("bert")
    bert.write(3000, width=3500)
    anna = Node(Lab("anna"), vouches=[bert])
    anna.commits = False
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    want = puppet.last(frames.Want)
    assert isinstance(want, frames.Want)
    sent = 0
    for frame in package_frames(bert, want.size, want.start, want.end):
        sent += len(encode_frame(frame))
        puppet.say(frame)
        if puppet.sync.closed:
            break
    carrier_is_blamed(puppet, "credit")
    assert sent > CREDIT_BYTES
    held = sum(event.stream_bytes for event in anna.of(Package))
    assert held <= CREDIT_BYTES


# --- details ---


def details(lab: Lab, *blobs: tuple[int, bytes], last: bool = True) -> frames.Details:
    return frames.Details(bytes.fromhex(lab.id), 0, list(blobs), last)


@pytest.mark.parametrize(
    ("make", "match"),
    [
        (lambda lab: details(lab, (1, lab.details[2])), "does not commit to"),
        (lambda lab: details(lab, (1, lab.details[1] + b"!")), "does not commit to"),
        (lambda lab: details(lab, (0, lab.details[1])), "where none belongs"),
        (lambda lab: details(lab, (4, lab.details[1])), "where none belongs"),
        (lambda lab: details(lab, (2, lab.details[2]), (1, lab.details[1])), "out of order"),
        (lambda lab: details(lab, (1, lab.details[1]), (1, lab.details[1])), "out of order"),
        (lambda lab: details(lab, last=False), "of 0 details"),
        (lambda lab: details(Lab("carl")), "not asked for"),
    ],
)
def test_details_that_are_not_the_packages_are_refused(
    anna: Node, bert: Lab, make: Callable[[Lab], frames.Details], match: str
) -> None:
    bert.write(3, detail=20)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    package, _ = package_frames(bert, 4, 0, 4)
    puppet.say(package, make(bert))
    carrier_is_blamed(puppet, match)
    assert anna.size_of(bert) == 0


def test_details_without_end_are_refused(anna: Node, bert: Lab) -> None:
    bert.write(3, detail=20)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    package, _ = package_frames(bert, 4, 0, 4)
    puppet.say(package, details(bert, (1, bert.details[1] or b""), last=False))
    assert anna.size_of(bert) == 4  # committed with the first of them
    puppet.say(details(bert, (1, bert.details[1] or b""), last=False))
    carrier_is_blamed(puppet, "out of order")


def test_a_details_frame_that_is_too_long_is_refused(anna: Node, bert: Lab) -> None:
    """With one of a whole frame's size, the credit could run out before anything is committed."""
    bert.write(40, detail=20_000)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    package = package_frames(bert, 41, 0, 41)[0]
    blobs = [(index, blob) for index, blob in enumerate(bert.details) if blob]
    assert 2**19 < len(encode_frame(details(bert, *blobs))) < FRAME_BYTES_MAX
    puppet.say(package, details(bert, *blobs))
    carrier_is_blamed(puppet, "40 details")


def test_a_package_without_its_details_frame_cannot_be_followed_by_another(
    anna: Node, bert: Lab
) -> None:
    bert.write(700)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    first, _, second, *_ = package_frames(bert, 701, 0, 701)
    puppet.say(first, second)
    carrier_is_blamed(puppet, "not asked for")


def test_details_nobody_asked_for_are_refused(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(details(bert))
    carrier_is_blamed(puppet, "not asked for")
