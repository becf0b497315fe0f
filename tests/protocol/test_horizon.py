"""The horizon: how far vouches reach, who pays for whom, and that a block wins over all."""

import pytest

from fedlab.protocol import horizon as module
from fedlab.protocol.horizon import Budget, Horizon, Reach
from fedlab.protocol.limits import PEER_BUDGET_BYTES, STRANGER_BYTES_MAX, STRANGERS_BYTES_MAX


def vouches(text: str) -> dict[str, frozenset[str]]:
    """Read `a>b a>c b>d`: who vouches for whom."""
    graph: dict[str, set[str]] = {}
    for pair in text.split():
        voucher, vouched = pair.split(">")
        graph.setdefault(voucher, set()).add(vouched)
    return {lab: frozenset(others) for lab, others in graph.items()}


def reaches(text: str, **options: object) -> str:
    horizon = Horizon("a", vouches(text), **options)  # type: ignore[arg-type]
    return "".join(sorted(horizon.within))


def test_two_steps_and_no_more() -> None:
    assert reaches("a>b b>c c>d d>e") == "bc"


def test_a_vouch_counts_in_its_own_direction() -> None:
    assert reaches("b>a c>b") == ""


def test_the_depth_can_be_set() -> None:
    assert reaches("a>b b>c c>d d>e", depth=1) == "b"
    assert reaches("a>b b>c c>d d>e", depth=3) == "bcd"


def test_nobody_is_within_his_own_horizon() -> None:
    assert reaches("a>b b>a a>a") == "b"


def test_a_blocked_lab_is_out_and_no_stepping_stone() -> None:
    assert reaches("a>b b>c", blocked={"b"}) == ""
    assert reaches("a>b b>c a>d d>c", blocked={"b"}) == "cd"
    assert reaches("a>b b>c", blocked={"c"}) == "b"
    assert reaches("a>b b>c", blocked={"a"}) == "bc"  # nobody can block himself


def test_who_is_followed_is_within_whatever_vouches_say() -> None:
    assert reaches("a>b", followed={"z"}) == "bz"
    assert reaches("a>b", followed={"z"}, blocked={"z"}) == "b"


def test_what_a_lab_is() -> None:
    horizon = Horizon("a", vouches("a>b b>c"), blocked={"x"})
    assert [horizon.reach(lab) for lab in "abcdx"] == [
        Reach.OWN,
        Reach.WITHIN,
        Reach.WITHIN,
        Reach.STRANGER,
        Reach.BLOCKED,
    ]


def test_who_names_whom() -> None:
    horizon = Horizon("a", vouches("d>a"))
    assert horizon.names("d", "a") and not horizon.names("a", "d")


def test_through_whom_a_lab_came() -> None:
    horizon = Horizon("a", vouches("a>b a>c b>d c>d b>e"))
    assert horizon.through("b") == {"b"}
    assert horizon.through("d") == {"b", "c"}
    assert horizon.through("e") == {"b"}
    assert horizon.through("z") == frozenset()


def test_a_budget_is_shared_by_all_that_came_only_through_one_peer() -> None:
    horizon = Horizon("a", vouches("a>b a>c b>d b>e c>f"))
    budget = Budget(horizon, {})
    budget.charge("d", PEER_BUDGET_BYTES - 10)
    assert [budget.left(lab) for lab in "bde"] == [10, 10, 10]
    assert [budget.left(lab) for lab in "cf"] == [PEER_BUDGET_BYTES] * 2
    budget.charge("e", 11)
    assert [budget.left(lab) for lab in "bde"] == [-1, -1, -1]


def test_a_lab_that_came_through_two_is_shared_out_and_goes_on_with_either() -> None:
    horizon = Horizon("a", vouches("a>b a>c b>d c>d"))
    budget = Budget(horizon, {"d": 100})
    assert budget.left("b") == budget.left("c") == PEER_BUDGET_BYTES - 50
    budget.charge("b", PEER_BUDGET_BYTES)
    assert budget.left("b") < 0 < budget.left("d") == PEER_BUDGET_BYTES - 50


def test_a_thousand_inventions_spend_their_inventors_budget() -> None:
    inventions = [f"sybil{n}" for n in range(1000)]
    graph = vouches("a>b a>c " + " ".join(f"b>{one}" for one in inventions))
    budget = Budget(Horizon("a", graph), dict.fromkeys(inventions, PEER_BUDGET_BYTES // 1000 + 1))
    assert budget.left("sybil7") < 0 and budget.left("b") < 0
    assert budget.left("c") == PEER_BUDGET_BYTES


def test_mutant_without_sharing_inventions_are_free(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.Horizon, "through", lambda self, lab: frozenset({lab}))
    graph = vouches("a>b b>x b>y")
    budget = Budget(Horizon("a", graph), {"x": PEER_BUDGET_BYTES})
    assert budget.left("y") == PEER_BUDGET_BYTES


def test_strangers_share_a_small_quota() -> None:
    budget = Budget(Horizon("a", vouches("a>b")), {})
    assert budget.left("x", "b") == STRANGER_BYTES_MAX
    budget.carry("x", "b")
    budget.charge("x", STRANGER_BYTES_MAX)
    assert budget.left("x", "b") == 0 < budget.left("y", "b")
    fill(budget, "b")
    assert budget.left("y", "b") <= 0


def fill(budget: Budget, carrier: str) -> None:
    """Let a peer carry inventions until its quota is full."""
    for number in range(STRANGERS_BYTES_MAX // STRANGER_BYTES_MAX):
        budget.carry(f"invented{number}", carrier)
        budget.charge(f"invented{number}", STRANGER_BYTES_MAX)


def test_a_peers_inventions_leave_the_others_newcomers_their_room() -> None:
    budget = Budget(Horizon("a", vouches("a>b a>c b>d")), {})
    fill(budget, "d")
    assert budget.left("y", "d") <= 0 and budget.left("y", "b") <= 0  # d came through b
    assert budget.left("y", "c") == STRANGER_BYTES_MAX


def test_mutant_with_one_quota_for_all_is_filled_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.Horizon, "through", lambda self, lab: frozenset({"all"}))
    budget = Budget(Horizon("a", vouches("a>b a>c")), {})
    fill(budget, "b")
    assert budget.left("y", "c") <= 0


def test_who_brings_a_stranger_now_answers_for_all_of_it() -> None:
    """Or a peer whose quota is full could begin every newcomer, and nobody would end it."""
    budget = Budget(Horizon("a", vouches("a>b a>c")), {"y": 1000}, {"y": "b"})
    fill(budget, "b")
    assert budget.left("y", "b") <= 0 < budget.left("y", "c")
    budget.carry("y", "c")
    assert budget.left("z", "c") == STRANGER_BYTES_MAX
    budget.charge("y", STRANGERS_BYTES_MAX)
    assert budget.left("z", "c") == -1000


def test_a_stranger_that_comes_in_or_is_blocked_gives_its_room_back() -> None:
    stored, carriers = {"x": STRANGERS_BYTES_MAX}, {"x": "b"}
    assert Budget(Horizon("a", vouches("a>b")), stored, carriers).left("y", "b") == 0
    for horizon in (
        Horizon("a", vouches("a>b b>x")),
        Horizon("a", vouches("a>b"), blocked={"x"}),
    ):
        assert Budget(horizon, stored, carriers).left("y", "b") == STRANGER_BYTES_MAX


def test_what_a_stick_brought_takes_no_peers_room() -> None:
    budget = Budget(Horizon("a", vouches("a>b")), {"x": STRANGERS_BYTES_MAX})
    assert budget.left("y", "b") == STRANGER_BYTES_MAX


def test_nobody_carries_a_stranger_whom_nobody_let_in() -> None:
    budget = Budget(Horizon("a", vouches("a>b")), {})
    assert budget.left("y", "somebody") == budget.left("y") == 0


def test_our_own_log_is_always_wanted_and_a_blocked_one_never() -> None:
    budget = Budget(Horizon("a", {}, blocked={"x"}), {"a": 10 * PEER_BUDGET_BYTES})
    assert budget.left("a") > 0
    assert budget.left("x") == 0


def test_two_horizons_are_equal_if_they_let_in_the_same() -> None:
    assert Horizon("a", vouches("a>b")) == Horizon("a", vouches("a>b"))
    assert Horizon("a", vouches("a>b")) != Horizon("a", vouches("a>c"))
    assert Horizon("a", vouches("a>b")) != Horizon("a", vouches("a>b"), blocked={"x"})
