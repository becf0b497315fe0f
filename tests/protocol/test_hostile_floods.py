"""Peers that keep to the letter of the wire and ask for more than their share of a node.

Each of these frames is sound by itself. What is limited is how much work, memory, disk and time a
peer can take with many of them, and that nobody else has to wait for it.
"""

from collections.abc import Iterator

import msgspec
import pytest

from fedlab.protocol import events, frames, limits
from fedlab.protocol.checkpoint import sign_head
from fedlab.protocol.identity import SecretKeys, make_epoch, read_chain
from fedlab.protocol.limits import BLOCK_ENTRIES, HEAD_CHANGES_MAX, STALL_SECONDS
from fedlab.protocol.replica import Replica

from .nodes import Lab, Node, Wire, friends, seed
from .puppet import Puppet, heads, package_frames
from .test_bundle import bundle_of, read


@pytest.fixture
def bert() -> Lab:
    return Lab("bert")


@pytest.fixture
def anna(bert: Lab) -> Node:
    """The victim, who vouches for Bert and Carl."""
    return Node(Lab("anna"), vouches=[bert, Lab("carl")])


# --- work ----------------------------------------------------------------------------------------


def test_a_stranger_shows_one_invitation_and_no_more(bert: Lab) -> None:
    """Each is looked up on the disk, and whoever can reach the port may ask."""
    anna = Node(Lab("anna"))
    puppet = Puppet(anna, bert, greet=False)
    puppet.say(frames.Hello("puppet", []), *[frames.Join(b"guess")] * 50)
    assert len(anna.of(events.JoinAsked)) == 1
    assert "second invitation" in puppet.fault().message and puppet.sync.closed


def test_one_split_view_is_proved_once(anna: Node, bert: Lab) -> None:
    """An author that signs two heads can sign a thousand: each proof would go to the disk."""
    bert.write(20)
    anna.holds(bert)
    puppet = Puppet(anna, bert)
    puppet.say(heads(*(sign_head(bert.keys.log, "test", bert.id, 0, 9, seed(i)) for i in range(9))))
    assert anna.faults() == [("author", bert.id)]
    assert anna.replica.log((bert.id, 0)).frozen and not puppet.sync.closed


def two_openings(lab: Lab) -> Iterator[frames.Chain]:
    """Yield two chains of a lab that suspend each other."""
    for number in range(2):
        keys = SecretKeys(*(seed(lab.name, number, use) for use in "lwns")).public()
        words = seed(lab.name, "recovery")
        opening = make_epoch(lab.chain, keys, seed("next"), lab.head(), seed=words, at=1)
        yield frames.Chain([*lab.chain.leaves, opening])


def test_a_head_does_not_change_without_end(anna: Node, bert: Lab) -> None:
    """Each change costs a signature to check: 1,500 of them took a second and a half."""
    puppet = Puppet(anna, bert)
    many = [sign_head(bert.keys.log, "test", bert.id, 0, n, seed(n)) for n in range(1, 600)]
    for head in many[:HEAD_CHANGES_MAX]:
        puppet.say(heads(head))
    assert not puppet.sync.closed, "a line that was held up bunches as many"
    for head in many[HEAD_CHANGES_MAX:]:
        puppet.say(heads(head))
    assert puppet.sync.closed


def test_a_suspended_lab_is_reported_once(anna: Node, bert: Lab) -> None:
    one, other = two_openings(Lab("dora"))
    puppet = Puppet(anna, bert)
    puppet.say(one, *[other] * 9)
    assert anna.faults() == [("author", Lab("dora").id)]


# --- memory --------------------------------------------------------------------------------------


def test_chains_of_strangers_have_a_limit_in_bytes(
    anna: Node, bert: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    """4,096 chains of 48 openings would be 400 MB. To pass some over is nobody's fault."""
    monkeypatch.setattr("fedlab.protocol.offers.OFFERED_CHAINS_BYTES_MAX", 10_000)
    puppet = Puppet(anna, bert)
    strangers = [Lab(f"stranger {number}") for number in range(40)]
    puppet.offer(*strangers)
    kept = [lab for lab in strangers if puppet.sync.offers.chain(lab.id)]
    assert sum(len(lab.leaves[0]) for lab in kept) < 11_000
    assert len(puppet.sync.offers.heads) == len(kept)
    anna.vouch(*strangers)
    puppet.listen()
    assert not puppet.sync.closed and not anna.faults()


def test_labs_that_were_only_named_are_forgotten_with_the_connection(anna: Node, bert: Lab) -> None:
    """The replica outlives every connection: a name that is remembered there is so for ever."""
    before = len(anna.replica._chains)
    puppet = Puppet(anna, bert)
    puppet.offer(*(Lab(f"stranger {number}") for number in range(20)))
    assert len(anna.replica._chains) <= before + 1  # Bert


def test_a_lab_that_was_named_before_a_stick_brought_it_is_announced(bert: Lab) -> None:
    """What was asked for in vain must not hide what has been written to the disk since."""
    dora = Lab("dora")
    anna = Node(Lab("anna"), vouches=[bert, dora])
    assert anna.replica.chain(dora.id) is None
    anna.disk.keep(dora)
    anna.replica.reread_chains()
    anna.reread()
    puppet = Puppet(anna, bert)
    assert frames.Chain(list(dora.chain.leaves)) in puppet.heard


# --- disk ----------------------------------------------------------------------------------------


def of_a_stranger(lab: Lab) -> frames.Heads:
    """Announce a lab as one that names the receiver."""
    (item,) = heads(lab.head()).heads
    return frames.Heads([msgspec.structs.replace(item, names_you=True)])


def test_the_strangers_quota_holds_within_one_request(anna: Node, bert: Lab) -> None:
    """What a want asks for may turn out larger than the room there was when it was sent."""
    dora = Lab("dora")
    dora.write(2000, width=3500)
    puppet = Puppet(anna, bert)
    puppet.say(frames.Chain(list(dora.chain.leaves)), of_a_stranger(dora))
    puppet.answer(dora)
    held = anna.disk.log(dora.id, 0)
    assert held is not None
    assert held.stored_bytes >= limits.STRANGER_BYTES_MAX
    assert held.stored_bytes < limits.STRANGER_BYTES_MAX + BLOCK_ENTRIES * limits.FACT_BYTES_MAX
    assert not puppet.sync.closed and not anna.faults()


def test_details_count_against_the_strangers_quota_too(anna: Node, bert: Lab) -> None:
    dora = Lab("dora")
    dora.write(200, detail=30_000)
    anna.holds(dora, details=False)
    puppet = Puppet(anna, bert)
    puppet.say(frames.Chain(list(dora.chain.leaves)), of_a_stranger(dora))
    want = puppet.last(frames.WantDetails)
    assert isinstance(want, frames.WantDetails)
    for index in want.indexes:
        blob = dora.details[index]
        assert blob is not None
        last = index == want.indexes[-1]
        puppet.say(frames.Details(want.lab, 0, [(index, blob)], last))
    held = anna.disk.log(dora.id, 0)
    assert held is not None and held.stored_bytes < limits.STRANGER_BYTES_MAX + 40_000
    assert not puppet.sync.closed and not anna.faults()


def test_a_stick_takes_no_more_of_a_stranger_than_its_budget(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("fedlab.protocol.bundle.PEER_BUDGET_BYTES", 300_000)
    bert, carl = friends("bert", "carl")
    bert.lab.write(2000, width=300)
    carl.lab.write(9)
    bert.holds(bert.lab)
    bert.holds(carl.lab)
    anna = Node(Lab("anna"), vouches=[carl.lab])
    read(anna, bundle_of(bert))
    assert 0 < anna.size_of(bert.lab) <= 512
    assert anna.size_of(carl.lab) == 10  # who is vouched for does not pay for it
    (fault,) = anna.of(events.Fault)
    assert bert.lab.id in fault.message and "budget" in fault.message


# --- time ----------------------------------------------------------------------------------------


def test_a_trickle_does_not_keep_a_log_from_those_who_have_it(anna: Node, bert: Lab) -> None:
    """Bert took the right to serve Carl's log, and sends a byte of it now and then, for ever."""
    carl = Lab("carl")
    carl.write(2000, width=300)
    puppet = Puppet(anna, bert)
    puppet.offer(carl)
    package, *_ = package_frames(carl, 2001, 0, 2001)
    stream = frames.encode_frame(package)
    for at in range(0, len(stream), 9):
        puppet.now += STALL_SECONDS / 4
        puppet.say(stream[at : at + 9])
        puppet.sync.tick(puppet.now)
        if puppet.sync.closed:
            break
    anna.drain(puppet.sync)
    assert puppet.now <= 2 * STALL_SECONDS
    assert "not answered" in puppet.fault().message
    honest = Node(Lab("emma"), vouches=[anna.lab])
    anna.vouch(honest.lab)
    honest.holds(carl)
    honest.vouch(carl)
    Wire(anna, honest, now=puppet.now).run()
    assert anna.size_of(carl) == 2001


def test_a_slow_line_is_no_trickle(anna: Node, bert: Lab) -> None:
    """16 kbit/s: an answer takes minutes, and arrives."""
    bert.write(1000, width=300)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    stream = b"".join(map(frames.encode_frame, package_frames(bert, 1001, 0, 1001)))
    for at in range(0, len(stream), 20_000):
        puppet.now += 10.0
        puppet.say(stream[at : at + 20_000])
        puppet.sync.tick(puppet.now)
    assert puppet.now > STALL_SECONDS and anna.size_of(bert) == 1001
    assert not puppet.sync.closed


# --- what is shown to people ----------------------------------------------------------------------


@pytest.mark.parametrize("said", ["\x1b]0;owned\x07", "a\nb", "\x9b31m", "safe\u202egnp.exe"])
def test_no_word_of_a_peer_commands_a_terminal(anna: Node, bert: Lab, said: str) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(frames.Bye("x", said, "", 0))
    told = [text for event in anna.seen if hasattr(event, "message") for text in (event.message,)]
    assert told and not any(said in text for text in told)
    assert puppet.sync.closed


def test_inventions_of_one_peer_leave_room_for_newcomers_through_another(
    anna: Node, bert: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("fedlab.protocol.horizon.STRANGERS_BYTES_MAX", 40_000)
    inventor, carl = Puppet(anna, bert), Puppet(anna, Lab("carl"))
    for number in range(4):
        invented = Lab(f"invented {number}")
        invented.write(40, width=300)
        inventor.say(frames.Chain(list(invented.chain.leaves)), of_a_stranger(invented))
        if anna.size_of(invented) == 0 and number < 3:
            inventor.answer(invented)
    assert anna.size_of(Lab("invented 2")) > 0 == anna.size_of(Lab("invented 3"))
    dora = Lab("dora")
    for puppet in (inventor, carl):
        puppet.say(frames.Chain(list(dora.chain.leaves)), of_a_stranger(dora))
    assert not any(want.lab.hex() == dora.id for want in inventor.all(frames.Want))
    carl.answer(dora)
    assert anna.size_of(dora) == 1


def with_next_epoch(anna: Node, end: int) -> frames.Chain:
    """Let a node's lab open its next epoch after so many entries, and return its chain."""
    lab = anna.lab
    keys = SecretKeys(*(seed(lab.name, "next", use) for use in "lwns"))
    words = seed(lab.name, "recovery")
    opening = make_epoch(lab.chain, keys.public(), seed("next"), lab.head(end), seed=words, at=1)
    lab.chain, lab.keys = read_chain([*lab.chain.leaves, opening]), keys
    anna.disk.chains[lab.id] = lab.chain
    anna.replica.learn_chain(lab.chain)
    return frames.Chain(list(lab.chain.leaves))


@pytest.mark.parametrize("held", [10, 21, 30])
def test_a_thief_of_an_old_key_cannot_fill_the_disk_in_our_name(bert: Lab, held: int) -> None:
    """Our own log has no budget, and whoever has the key of an ended epoch can sign for ever."""
    lab = Lab("anna")
    lab.write(40)
    thief = lab.twin(35)
    thief.write(3000, tag="thief")
    anna = Node(lab, vouches=[bert])
    anna.holds(lab, held)
    chain = with_next_epoch(anna, 21)
    puppet = Puppet(anna, bert)
    puppet.say(chain, heads(thief.head()))
    wants = puppet.all(frames.Want)
    assert [(want.start, want.end) for want in wants] == ([(10, 256)] if held == 10 else [])
    if wants:
        puppet.answer(thief)
    assert anna.size_of(lab) == (256 if wants else held), "what ended in this block, and no more"
    assert len(puppet.all(frames.Want)) == len(wants)
    assert not puppet.sync.closed and not anna.faults()


def test_mutant_that_takes_all_that_the_old_key_signed(
    bert: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Replica, "goal", lambda self, head: head.size)
    with pytest.raises(AssertionError):
        test_a_thief_of_an_old_key_cannot_fill_the_disk_in_our_name(bert, 21)
