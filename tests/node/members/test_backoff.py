"""Whoever guesses waits longer and longer; whoever mistypes does not."""

from fedlab.node.members.backoff import FORGOTTEN_AFTER_S, WAIT_S_MAX, Backoff


def test_a_few_failures_are_free_then_each_doubles_the_wait() -> None:
    backoff = Backoff(free=3)
    for _ in range(3):
        assert backoff.wait_s("awa", 0.0) == 0.0
        backoff.failed("awa", 0.0)
    waits = []
    for _ in range(4):
        waits.append(backoff.wait_s("awa", 0.0))
        backoff.failed("awa", 0.0)
    assert waits == [2.0, 4.0, 8.0, 16.0]
    assert backoff.wait_s("someone else", 0.0) == 0.0


def test_the_wait_ends_has_a_limit_and_is_forgotten_after_a_day() -> None:
    backoff = Backoff(free=1)
    for _ in range(2000):
        backoff.failed("awa", 0.0)
    assert backoff.wait_s("awa", 0.0) == WAIT_S_MAX
    assert backoff.wait_s("awa", WAIT_S_MAX) == 0.0
    assert backoff.wait_s("awa", FORGOTTEN_AFTER_S + 1) == 0.0
    backoff.succeeded("awa")
    assert backoff.wait_s("awa", 0.0) == 0.0


def test_a_crowd_of_names_takes_no_more_memory_than_its_share() -> None:
    backoff = Backoff(free=1, keys_max=10)
    for number in range(100):
        backoff.failed(f"name {number}", 0.0)
    assert (backoff.wait_s("name 0", 0.0), backoff.wait_s("name 99", 0.0)) == (0.0, 2.0)
