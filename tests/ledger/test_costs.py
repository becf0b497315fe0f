"""Documents are shared out line by line: every line, every rate and every lab adds up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedlab.ledger import costs
from fedlab.ledger.costs import ArticleSum, ChargeSum, Document, share_out
from fedlab.ledger.split import STOCK, Split, split
from fedlab.ledger.vat import RateSum

P = "ab" * 32
A, B, C = (letter * 64 for letter in "abc")


def freight(basis: costs.Basis, **fields: object) -> dict[str, int]:
    """Return who bears 10.00 of freight: A has 3 heavy boards, B 1 board and 6 light spools."""
    goods = {1: {A: 3000, B: 1000, C: 0}, 2: {B: 6000, STOCK: 1000}}
    document = Document(
        articles=(ArticleSum(1, 2000, 80_00), ArticleSum(2, 2000, 70_00)),
        charges=(ChargeSum(1, 2000, 10_00, basis, {A: 1, B: 4, C: 5}),),
        rates={},
    )
    shares = share_out(P, document, goods, {1: 9_000, 2: 1_000}).charges[1, 2000].shares
    return {party: cents for party, cents in shares.items() if cents}


@pytest.mark.parametrize(
    ("basis", "shares"),
    [
        ("equal", {A: 5_00, B: 5_00}),
        ("value", {A: 4_00, B: 5_33, STOCK: 67}),  # of 60.00, 80.00 and 10.00
        ("quantity", {A: 2_73, B: 6_36, STOCK: 91}),  # of 3, 7 and 1
        ("weight", {A: 6_28, B: 3_49, STOCK: 23}),  # of 27, 15 and 1 kg
        ("fixed", {A: 2_00, B: 8_00}),  # of 1 and 4; C got nothing
    ],
)
def test_a_charge_is_split_as_agreed(basis: costs.Basis, shares: dict[str, int]) -> None:
    assert freight(basis) == shares


def test_vat_follows_the_net_of_its_own_rate() -> None:
    """The books are B's alone: none of the 20 % is its."""
    document = Document(
        articles=(ArticleSum(1, 2000, 50_01), ArticleSum(2, 550, 20_00)),
        charges=(),
        rates={2000: RateSum(50_01, 10_00), 550: RateSum(20_00, 1_10)},
    )
    shares = share_out(P, document, {1: {A: 2000}, 2: {B: 1000}})
    assert shares.totals() == {A: 60_01, B: 21_10}


def test_why_sixty_euros_and_a_cent() -> None:
    """An amount explains itself: what was split, by what weights, who had the odd cent."""
    document = Document(
        articles=(ArticleSum(1, 2000, 150_01),),
        charges=(),
        rates={2000: RateSum(150_01, 30_00)},
    )
    shares = share_out(P, document, {1: {A: 2000, B: 2000, C: 2000}})
    assert sorted(shares.totals().values()) == [60_00, 60_00, 60_01]
    lucky = max(shares.totals(), key=shares.totals().__getitem__)
    article, vat = shares.explain(lucky)
    assert (article.key, article.total, article.weight, article.weights) == (
        "article/1/2000", 150_01, 2000, 6000,
    )  # fmt: skip
    assert (article.whole, article.leftover, article.rank, article.cents) == (50_00, 1, 0, 50_01)
    assert article.tie is not None, "three equal remainders: the hash gave it the cent"
    assert (vat.key, vat.cents) == ("vat/2000", 10_00)


QUANTITIES = st.dictionaries(st.sampled_from([A, B, C, STOCK]), st.integers(0, 9000))
MONEY = st.integers(-100_00, 1000_00)


@given(
    st.tuples(QUANTITIES, QUANTITIES),
    st.tuples(MONEY, MONEY, MONEY, MONEY, MONEY),
    st.sampled_from(["equal", "fixed", "quantity", "value", "weight"]),
)
def test_everything_in_the_documents_is_somebodys(
    goods: tuple[dict[str, int], dict[str, int]],
    cents: tuple[int, int, int, int, int],
    basis: costs.Basis,
) -> None:
    """Property 1: labs and organiser bear each line, each charge and each VAT, to the cent."""
    document = Document(
        articles=(ArticleSum(1, 2000, cents[0]), ArticleSum(2, 550, cents[1])),
        charges=(ChargeSum(1, 2000, cents[2], basis, {A: 2, C: 3}),),
        rates={2000: RateSum(0, cents[3]), 550: RateSum(0, cents[4])},
    )
    shares = share_out(P, document, dict(enumerate(goods, start=1)), {1: 20, 2: 3})
    for split_, total in zip(shares.splits, (*cents[:3], cents[4], cents[3]), strict=True):
        assert sum(split_.shares.values()) == total
    assert sum(shares.totals().values()) == sum(cents)
    for party, total in shares.totals().items():
        assert sum(share.cents for share in shares.explain(party)) == total


@pytest.mark.usefixtures("mutant")
def test_shares_that_forget_the_organisers_part_are_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Mutant: what nobody has a weight for is nobody's."""

    def careless(purchase: str, key: str, total: int, weights: dict[str, int]) -> Split:
        done = split(purchase, key, total, weights)
        kept = {party: cents for party, cents in done.shares.items() if party != STOCK}
        return Split(purchase=purchase, key=key, total=total, weights=weights, shares=kept)

    monkeypatch.setattr(costs, "split", careless)
    with pytest.raises(AssertionError):
        test_everything_in_the_documents_is_somebodys()
