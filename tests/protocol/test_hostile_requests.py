"""Requests for what was not announced, and frames out of place: refused at once."""

import pytest

from fedlab.protocol import frames
from fedlab.protocol.events import Closed
from fedlab.protocol.frames import encode_frame
from fedlab.protocol.limits import (
    CREDIT_BYTES,
    CREDIT_BYTES_MAX,
    FRAME_BYTES_MAX,
    REQUESTS_MAX,
    STALL_SECONDS,
    WANT_ENTRIES_MAX,
)

from .nodes import Lab, Node, Wire, friends
from .puppet import Puppet, carrier_is_blamed, changed_leaf, heads, package_frames


def wants(lab: Lab, size: int, start: int, end: int) -> frames.Want:
    return frames.Want(bytes.fromhex(lab.id), 0, size, start, end)


@pytest.mark.parametrize(
    ("size", "start", "end"),
    [
        (901, 0, 901),  # more than was announced
        (900, 0, 901),
        (900, 5, 5),  # nothing
        (900, 9, 5),
        (900, 0, 300),  # neither the end of a block nor the end
        (0, 0, 0),
    ],
)
def test_a_request_for_what_was_not_announced_is_refused(
    anna: Node, bert: Lab, size: int, start: int, end: int
) -> None:
    anna.lab.write(899)
    anna.holds(anna.lab)
    puppet = Puppet(anna, bert)
    puppet.say(wants(anna.lab, size, start, end))
    carrier_is_blamed(puppet, "never announced")


def test_a_request_for_too_much_at_once_is_refused(anna: Node, bert: Lab) -> None:
    size = WANT_ENTRIES_MAX + 256
    anna.lab.write(size - 1)
    anna.holds(anna.lab)
    puppet = Puppet(anna, bert)
    puppet.say(wants(anna.lab, size, 0, size))
    carrier_is_blamed(puppet, "never announced")


def test_a_request_for_a_log_that_is_not_told_is_refused(anna: Node, bert: Lab) -> None:
    """Dora's log is on Anna's disk, beyond the horizon: she does not pass it on."""
    dora = Lab("dora")
    anna.holds(dora)
    puppet = Puppet(anna, bert)
    puppet.say(wants(dora, 1, 0, 1))
    carrier_is_blamed(puppet, "never announced")


@pytest.mark.parametrize("indexes", [[5, 4], [4, 4], [10]])
def test_details_are_asked_for_in_order_and_within(
    anna: Node, bert: Lab, indexes: list[int]
) -> None:
    anna.lab.write(9)
    anna.holds(anna.lab)
    puppet = Puppet(anna, bert)
    puppet.say(frames.WantDetails(bytes.fromhex(anna.lab.id), 0, indexes))
    carrier_is_blamed(puppet, "never announced")


@pytest.mark.parametrize(("old", "new"), [(0, 5), (5, 5), (6, 5), (5, 11)])
def test_proofs_are_asked_for_within(anna: Node, bert: Lab, old: int, new: int) -> None:
    anna.lab.write(9)
    anna.holds(anna.lab)
    puppet = Puppet(anna, bert)
    puppet.say(frames.WantProof(bytes.fromhex(anna.lab.id), 0, old, new))
    carrier_is_blamed(puppet, "never announced")


def test_too_many_requests_are_refused_and_none_is_lost_below(anna: Node, bert: Lab) -> None:
    anna.lab.write(9)
    anna.holds(anna.lab)
    puppet = Puppet(anna, bert)
    puppet.say(*[wants(anna.lab, 10, 0, 10)] * REQUESTS_MAX)
    assert sum(isinstance(frame, frames.Package) for frame in puppet.heard) == REQUESTS_MAX
    puppet.say(*[wants(anna.lab, 10, 0, 10)] * (REQUESTS_MAX + 1))
    carrier_is_blamed(puppet, "requests")


def test_a_peer_that_never_gives_credit_costs_one_frame(anna: Node, bert: Lab) -> None:
    anna.lab.write(4095, width=3500)
    anna.holds(anna.lab)
    puppet = Puppet(anna, bert)
    puppet.say(*[wants(anna.lab, 4096, 0, 4096)] * REQUESTS_MAX)
    sent = sum(len(encode_frame(f)) for f in puppet.heard if f.PAID)
    assert CREDIT_BYTES - FRAME_BYTES_MAX < sent <= CREDIT_BYTES
    assert puppet.listen() == []


def test_an_absurd_credit_is_refused(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(frames.Credit(CREDIT_BYTES_MAX))
    carrier_is_blamed(puppet, "credit")


# --- frames out of place ---


def test_a_frame_that_is_too_long_ends_it_before_it_comes(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say((FRAME_BYTES_MAX + 1).to_bytes(4, "big") + b"\x06")
    carrier_is_blamed(puppet, "the most")


def test_an_unknown_frame_ends_it_and_an_optional_one_does_not(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(b"\0\0\0\x04\x9fabc")
    assert not puppet.sync.closed
    puppet.say(b"\0\0\0\x04\x70abc")
    carrier_is_blamed(puppet, "not known here")


@pytest.mark.parametrize(
    ("said", "match"),
    [
        ([frames.YourHead(0, 0, b"", b"")], "before hello"),
        ([frames.Credit(1)], "before hello"),
        ([frames.Hello("x", []), frames.Credit(1)], "before your_head"),
        ([frames.Hello("x", []), frames.Hello("x", [])], "second hello"),
        ([frames.Hello("x", []), frames.Joined()], "not shown"),
        ([frames.Hello("x", []), frames.Join(b"t"), frames.Join(b"t")], "second invitation"),
        (
            [
                frames.Hello("x", []),
                frames.YourHead(0, 0, b"", b""),
                frames.YourHead(0, 0, b"", b""),
            ],
            "second your_head",
        ),
    ],
)
def test_frames_before_their_time_are_refused(
    anna: Node, bert: Lab, said: list[frames.Frame], match: str
) -> None:
    puppet = Puppet(anna, bert, greet=False)
    puppet.say(*said)
    carrier_is_blamed(puppet, match)


def test_a_stranger_can_do_nothing_but_show_an_invitation(bert: Lab) -> None:
    anna = Node(Lab("anna"))
    puppet = Puppet(anna, bert, greet=False)
    assert [type(frame) for frame in puppet.heard] == [frames.Hello]
    puppet.say(frames.Hello("puppet", []), heads(bert.head()))
    assert puppet.sync.closed and not anna.faults()
    assert [type(frame) for frame in puppet.heard] == [frames.Hello, frames.Bye]


def test_whoever_never_answers_a_request_is_left_for_another(anna: Node, bert: Lab) -> None:
    bert.write(9)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    assert puppet.sync.next_timeout() <= STALL_SECONDS
    puppet.now = STALL_SECONDS
    puppet.say(heads(bert.head()))  # talking is not answering
    puppet.sync.tick(STALL_SECONDS)
    puppet.listen()
    carrier_is_blamed(puppet, "not answered")
    assert anna.replica.log((bert.id, 0)).fetcher is None


def test_whoever_answers_in_a_trickle_is_left_too(anna: Node, bert: Lab) -> None:
    bert.write(255, width=3000)
    puppet = Puppet(anna, bert)
    puppet.offer(bert)
    drops = encode_frame(package_frames(bert, 256, 0, 256)[0])
    for at in range(0, 2 * int(STALL_SECONDS), 10):
        puppet.now = float(at)
        puppet.say(drops[at : at + 10])
        puppet.sync.tick(puppet.now)
        puppet.listen()
        if puppet.sync.closed:
            break
    carrier_is_blamed(puppet, "not answered")


def test_a_whole_conversation_that_is_played_again_says_nothing(anna: Node, bert: Lab) -> None:
    """Bert's bytes, recorded and sent once more: Anna's ephemeral key is another one by now."""
    honest = Node(bert, vouches=[anna.lab])
    wire = Wire(honest, anna).run()
    assert anna.size_of(bert) == 1
    anna.seen.clear()
    sync = anna.connect(initiator=False)
    for who, data in wire.messages:
        if who == "a":
            sync.receive_data(data, 0.0)
            sync.data_to_send(0.0)
    anna.drain(sync)
    assert sync.closed and anna.faults() == [("carrier", None)]


def test_after_a_bye_nothing_is_said_or_heard(anna: Node, bert: Lab) -> None:
    puppet = Puppet(anna, bert)
    puppet.say(frames.Bye("stopping", "see you", "", 7), frames.Credit(CREDIT_BYTES_MAX))
    assert anna.of(Closed) == [Closed("stopping", "see you", "", 7, by_peer=True)]
    assert not anna.faults() and puppet.listen() == []


def test_one_bad_peer_does_not_disturb_another() -> None:
    anna, bert, carl = friends("anna", "bert", "carl")
    carl.lab.write(700, detail=20)
    carl.holds(carl.lab)
    good = Wire(anna, carl)
    good.step()
    bad = Puppet(anna, bert.lab)
    bad.offer(carl.lab)
    bad.answer(carl.lab, spoil=changed_leaf)
    assert bad.sync.closed
    good.run()
    assert anna.size_of(carl.lab) == 701 and good.a.connected
