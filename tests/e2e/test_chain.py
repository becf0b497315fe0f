"""Three labs in a chain, A - B - C, each a real process; A and C never talk to each other."""

import contextlib
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import NewLab
from tests.e2e.nodes import Lab, until

BREST, RENNES, PARIS = (48.39, -4.49), (48.12, -1.68), (48.88, 2.37)
LASER = "Découpeuse laser Trotec Speedy 100"


class Chain:
    """The three of them."""

    def __init__(self, new_lab: NewLab) -> None:
        self.a = new_lab("Fabrique du Port", BREST)
        self.b = new_lab("Atelier de la Vilaine", RENNES)
        self.c = new_lab("Labo du Canal", PARIS)
        self.c.run(
            "item", "add", "--name", LASER, "--code", "LASER", "--terms", "use", "--hourly", "20"
        )
        self.c.run("item", "add", "--name", "Agrafeuse murale")
        self.a.run("item", "add", "--name", "Imprimante 3D")

    def of_c(self, query: str) -> bool:
        """Say whether A finds anything of C's."""
        return any(hit["lab"] == self.c.id for hit in self.a.run("search", query)["hits"])

    @contextlib.contextmanager
    def running(self, *labs: Lab) -> Iterator[None]:
        with contextlib.ExitStack() as stack:
            for lab in labs or (self.a, self.b, self.c):
                stack.enter_context(lab.running())
            yield


@pytest.fixture
def chain(new_lab: NewLab) -> Chain:
    return Chain(new_lab)


def test_somebody_at_a_finds_what_only_c_has(chain: Chain) -> None:
    """The issue's own sentence: three questions, one answer, and all that one needs to go there."""
    with chain.running():
        chain.a.join(chain.b)
        chain.c.join(chain.b)
        until(lambda: chain.of_c("decoupe laser"), "C's laser cutter at A")
        for question in ("decoupe laser", "laser cutter", "découpeuze lazer"):
            hit = chain.a.finds(question)
            assert hit["name"] == LASER, question
            assert (hit["lab"], hit["lab_name"]) == (chain.c.id, "Labo du Canal")
            assert hit["item"] == f"{chain.c.id}/LASER"
            assert (hit["terms"], hit["hourly"]) == (["use"], 2000)
            assert 490 < hit["distance_km"] < 520  # Brest to Paris as the crow flies
            assert 0 <= hit["age_s"] < 60
        # The chain is a chain: neither end ever had the other for a peer.
        for end in (chain.a, chain.c):
            peers = end.run("peers")["peers"]
            assert [(peer["lab"], peer["connected"]) for peer in peers] == [(chain.b.id, True)]
        assert chain.c.id[:8] not in chain.a.said()
        assert chain.a.id[:8] not in chain.c.said()
        assert {peer["name"] for peer in chain.b.run("status")["peers"]} == {
            "Fabrique du Port",
            "Labo du Canal",
        }
        # News travels the same way, and so does a change.
        chain.a.run("item", "add", "--name", "Brodeuse numérique", "--code", "BR")
        until(lambda: chain.c.finds("embroidery machine"), "A's new machine at C")
        assert chain.c.offers("Brodeuse numérique")
        chain.a.run("item", "retire", "br")
        until(lambda: not chain.c.offers("Brodeuse numérique"), "its end at C")
    for lab in (chain.a, chain.b, chain.c):
        answer = lab.run("verify")
        assert (answer["labs"], answer["problems"]) == (3, [])


def test_b_carries_between_labs_that_are_never_up_together(chain: Chain) -> None:
    with chain.running(chain.a, chain.b):
        chain.a.join(chain.b)
        until(chain.b.holds(chain.a), "A's log at B")
    with chain.running(chain.b, chain.c):
        chain.c.join(chain.b)
        until(lambda: chain.c.finds("imprimante 3d"), "A's printer at C, while A is away")
        until(chain.b.holds(chain.c), "C's log at B")
    with chain.running(chain.a, chain.b):
        until(lambda: chain.of_c(LASER), "C's laser at A, while C is away")
        assert chain.a.finds(LASER)["lab"] == chain.c.id
        # C is gone: what is known of it gets older, and says so.
        age = chain.a.finds(LASER)["age_s"]
        assert age is not None
        until(lambda: chain.a.finds(LASER)["age_s"] > age, "the news of C to get older")
    assert chain.a.run("verify")["problems"] == []


def test_a_block_hides_and_an_unblock_shows_again(chain: Chain) -> None:
    with chain.running():
        chain.a.join(chain.b)
        chain.c.join(chain.b)
        until(lambda: chain.a.finds(LASER), "C's laser at A")
        chain.a.run("block", chain.c.id)
        until(lambda: not chain.of_c(LASER), "nothing of C at A")
        assert chain.b.finds(LASER)["lab"] == chain.c.id
        chain.a.run("unblock", chain.c.id)
        until(lambda: chain.of_c(LASER), "C's laser at A again")
