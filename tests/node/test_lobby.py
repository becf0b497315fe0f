"""Who dials in is let in while there is room; strangers make room for the next, peers never."""

from contextlib import ExitStack
from types import SimpleNamespace
from typing import Any

from fedlab.node.lobby import INCOMING_MAX, INCOMING_PER_ADDRESS_MAX, Lobby


class Caller:
    """A connection as the lobby sees it."""

    def __init__(self, *, peer: bool = False) -> None:
        self.closed = False
        self.sync = SimpleNamespace(connected=peer)

    def close(self, code: str, message: str, retry_s: int) -> None:
        assert (code, retry_s) == ("busy", 1)
        self.closed = True


class House:
    """A lobby and who is in it."""

    def __init__(self) -> None:
        self.poked: list[Any] = []
        self.lobby = Lobby(self.poked.append)
        self.stay = ExitStack()

    def let_in(self, count: int, address: str, *, peer: bool = False) -> list[Caller]:
        callers = [Caller(peer=peer) for _ in range(count)]
        for caller in callers:
            link: Any = caller
            self.stay.enter_context(self.lobby.inside(link, address))
        return callers


def test_the_oldest_stranger_of_an_address_makes_room() -> None:
    house = House()
    first, *others = house.let_in(INCOMING_PER_ADDRESS_MAX, "crowded")
    assert house.lobby.make_room("crowded")
    assert first.closed and house.poked == [first]
    assert not any(caller.closed for caller in others)
    assert house.lobby.make_room("elsewhere") and len(house.poked) == 1


def test_peers_that_are_let_in_never_make_room() -> None:
    house = House()
    peers = house.let_in(INCOMING_PER_ADDRESS_MAX, "crowded", peer=True)
    assert not house.lobby.make_room("crowded")
    assert not any(peer.closed for peer in peers)


def test_a_full_house_lets_a_stranger_go_whatever_its_address() -> None:
    house = House()
    oldest = house.let_in(1, "0")[0]
    for number in range(1, INCOMING_MAX):
        house.let_in(1, str(number), peer=True)
    assert house.lobby.make_room("new") and oldest.closed
    assert not house.lobby.make_room("new"), "nobody else may be sent away"


def test_those_that_are_leaving_are_not_without_number() -> None:
    """Each takes its second to say farewell: a flood of callers opens no flood of sockets."""
    house = House()
    for caller in house.let_in(INCOMING_PER_ADDRESS_MAX, "crowded"):
        caller.closed = True
    house.let_in(1, "crowded")
    assert not house.lobby.make_room("crowded")


def test_whoever_has_gone_takes_no_room() -> None:
    house = House()
    house.let_in(INCOMING_PER_ADDRESS_MAX, "crowded", peer=True)
    house.stay.close()
    assert house.lobby.make_room("crowded")
