"""The storm, the calm after it, and what must be true then."""

from collections import defaultdict
from functools import partial
from pathlib import Path

from fedlab.inventory.facts import ItemSet
from fedlab.protocol.checkpoint import Head

from .node import SimNode
from .world import World

STORM_SECONDS = 25.0
CALM_SECONDS = 400.0


def storm(world: World) -> None:
    """Let labs work while everything goes wrong that can."""
    rng = world.rng
    for node in world.nodes:
        for _ in range(rng.randrange(3, 10)):
            world.at(rng.uniform(0, STORM_SECONDS), partial(world.work, node))
        for _ in range(rng.randrange(0, 3)):
            world.at(rng.uniform(0, STORM_SECONDS), partial(light_fuse, world, node))
        if rng.random() < 0.3:
            world.at(rng.uniform(5, STORM_SECONDS), partial(jump_clock, world, node))
    if rng.random() < 0.5:  # one at most: with two, the only copies could be on both
        node = rng.choice(world.nodes)
        world.at(rng.uniform(2, STORM_SECONDS / 2), partial(old_disk, world, node))
    for _ in range(rng.randrange(0, 3)):
        world.at(rng.uniform(0, STORM_SECONDS), partial(part, world))
    for _ in range(rng.randrange(3, 8)):
        world.at(rng.uniform(0, STORM_SECONDS), partial(lose, world))
    if rng.random() < 0.3:
        world.at(rng.uniform(5, STORM_SECONDS), partial(carry_stick, world))
    for second in range(int(STORM_SECONDS)):
        world.at(second + rng.random(), partial(call, world, again=0.15))
    world.run(STORM_SECONDS)


def calm(world: World) -> bool:
    """Mend everything, and wait until nobody has anything new; say whether that came."""
    world.storm = False
    world.parted.clear()
    for node in world.nodes:
        node.fuse = None
    end = world.now + CALM_SECONDS
    while world.now < end:
        for node in world.nodes:
            if not node.up:
                world.start(node)
        call(world, again=0.0)
        world.run(2.0)
        if settled(world):
            return True
    return False


def call(world: World, *, again: float) -> None:
    """Let neighbours that are not connected call each other, and some that are."""
    for pair in world.pairs:
        a, b = world.rng.sample(pair, 2)
        if not world.connected(a, b) or world.rng.random() < again:
            world.dial(a, b)
            if world.rng.random() < again:
                world.dial(b, a)


def light_fuse(world: World, node: SimNode) -> None:
    """Let a node die soon, in the middle of something."""
    if world.storm and node.up:
        node.fuse = world.rng.randrange(0, 12)


def part(world: World) -> None:
    """Part the network in two for a while."""
    names = [node.name for node in world.nodes]
    side = set(world.rng.sample(names, world.rng.randrange(1, len(names))))
    parted = {frozenset((a, b)) for a in side for b in set(names) - side}
    world.note(f"{sorted(side)} are cut off")
    world.parted |= parted
    world.at(world.rng.uniform(1, 10), lambda: world.parted.difference_update(parted))


def lose(world: World) -> None:
    """Cut one connection."""
    if world.wires:
        world.cut(world.rng.choice(world.wires))


def jump_clock(world: World, node: SimNode) -> None:
    """Set a node's clock, forward or back."""
    node.skew = world.rng.choice((0, 86_400 * 365, -86_400 * 365))


def old_disk(world: World, node: SimNode) -> None:
    """Put an old database in place of the newer one, if somebody else has what it lacks."""
    if not node.up:
        return
    kept = node.snapshot()

    def swap() -> None:
        log = node.store.log(node.lab, 0) if node.up else None
        if log is None or log.head is None or log.held > log.head.size or node.store.drafts.list():
            return
        others = (other.store.log(node.lab, 0) for other in world.nodes if other.up)
        copies = [held.head for held in others if held is not None and held.lab == node.lab]
        if copies.count(log.head) > 1 and not world.drafted[node.lab]:
            world.note(f"{node.name} gets an old disk")
            world.crash(node)
            node.roll_back(kept)

    world.at(world.rng.uniform(1, 10), swap)


def carry_stick(world: World) -> None:
    """Carry everything one node has to another, in somebody's pocket."""
    giver, taker = world.rng.sample(world.nodes, 2)
    path = Path(world.folder / "stick")
    if giver.up:
        world.alive(giver, lambda: giver.write_stick(path))

    def read() -> None:
        if taker.up and path.exists():
            world.note(f"a stick goes from {giver.name} to {taker.name}")
            world.alive(taker, lambda: taker.read_stick(path))
            world.pump(taker)

    world.at(world.rng.uniform(1, 5), read)


# --- what must be true ---


def settled(world: World) -> bool:
    """Say whether everybody holds the newest head of every lab within its horizon."""
    newest = {node.lab: head_of(node, node.lab) for node in world.nodes}
    return all(
        head_of(node, lab) == newest[lab]
        for node in world.nodes
        for lab in {node.lab, *node.horizon().within}
    ) and all(not missing(node) and not node.store.drafts.list() for node in world.nodes)


def head_of(node: SimNode, lab: str) -> Head | None:
    """Return the head of a lab as a node holds it."""
    log = node.store.log(lab, 0)
    return log.head if log is not None else None


def missing(node: SimNode) -> bool:
    """Say whether a node lacks details."""
    return any(node.store.missing_details(log.lab, 0, 0, 1) for log in node.store.logs())


def check_agreement(world: World) -> None:
    """Nodes that hold the same head of a lab have folded it to the same state."""
    states: dict[Head, dict[bytes, str]] = defaultdict(dict)
    for node in world.nodes:
        node.projector.run()
        for log in node.store.logs():
            if log.head is not None and log.head.size == log.held:
                states[log.head][node.projector.state_hash(log.lab)] = node.name
    for head, hashes in states.items():
        assert len(hashes) == 1, f"{head.lab[:8]} at {head.size} is {len(hashes)} things: {hashes}"


def check_rebuilt(world: World) -> None:
    """What was folded bit by bit, across crashes, is what one pass over everything makes."""
    for node in world.nodes:
        before = {log.lab: node.projector.state_hash(log.lab) for log in node.store.logs()}
        node.projector.rebuild()
        after = {lab: node.projector.state_hash(lab) for lab in before}
        assert after == before, f"{node.name} folds its logs to something else the second time"


def check_acknowledged(world: World) -> None:
    """Whatever an append returned for stands in the log, and every draft found its place."""
    for node in world.nodes:
        log = node.store.log(node.lab, 0)
        assert log is not None
        entries = [read.entry for read in node.projector.entries(node.lab, 0, 0, log.held)]
        lost = world.acked[node.lab] - {entry.id.hex() for entry in entries}
        assert not lost, f"{node.name} has lost {len(lost)} acknowledged entries"
        codes = {entry.fact.code for entry in entries if isinstance(entry.fact, ItemSet)}
        assert world.drafted[node.lab] <= codes, f"{node.name} has lost drafts"


def check_signed_once(world: World) -> None:
    """No lab has ever signed two roots for one size."""
    for node in world.nodes:
        roots: dict[tuple[int, int], bytes] = {}
        for head in node.signed:
            root = roots.setdefault((head.epoch, head.size), head.root)
            assert root == head.root, f"{node.name} has signed two roots at {head.size}"


def check_blameless(world: World) -> None:
    """Everybody kept the rules, so nobody was found at fault."""
    assert not world.blamed, f"an honest lab was blamed: {world.blamed}"


def check_all(world: World) -> None:
    """Check everything that must hold at the end."""
    check_signed_once(world)
    check_blameless(world)
    check_acknowledged(world)
    check_agreement(world)
    check_rebuilt(world)
