"""Writes asked for twice with one key are done once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlab.node.errors import ConflictError
from fedlab.node.service import Service
from fedlab.node.service.once import KEPT_SECONDS, Once
from tests.node.labs import opened_lab


@pytest.fixture
def once(tmp_path: Path) -> Iterator[Once]:
    with opened_lab(tmp_path) as service:
        yield service.once


def test_the_second_time_gets_the_answer_of_the_first(once: Once) -> None:
    assert once.begin("k", b"add a saw") is None
    once.end("k", {"item": "S-1"})
    assert once.begin("k", b"add a saw") == {"item": "S-1"}
    assert once.begin("other", b"add a saw") is None


def test_a_key_is_for_one_write(once: Once) -> None:
    once.begin("k", b"add a saw")
    once.end("k", {})
    with pytest.raises(ConflictError, match="something else"):
        once.begin("k", b"add a drill")


def test_a_write_cut_short_is_neither_done_again_nor_called_done(once: Once) -> None:
    once.begin("k", b"add a saw")
    with pytest.raises(ConflictError, match="nobody knows"):
        once.begin("k", b"add a saw")


def test_a_write_that_was_refused_may_be_asked_again(once: Once) -> None:
    once.begin("k", b"add a saw")
    once.forget("k")
    assert once.begin("k", b"add a saw") is None


def test_keys_are_forgotten_after_a_day(once: Once, monkeypatch: pytest.MonkeyPatch) -> None:
    once.begin("k", b"add a saw")
    once.end("k", {"item": "S-1"})
    from fedlab.node.service.base import now

    tomorrow = now() + KEPT_SECONDS + 1
    monkeypatch.setattr("fedlab.node.service.once.now", lambda: tomorrow)
    assert once.begin("k", b"add a saw") is None


def test_answers_survive_a_restart(tmp_path: Path) -> None:
    with opened_lab(tmp_path) as service:
        service.once.begin("k", b"x")
        service.once.end("k", [1])
        folder = service.folder
    with Service(folder) as again:
        assert again.once.begin("k", b"x") == [1]


def test_every_key_of_a_day_is_kept(once: Once) -> None:
    for number in range(300):
        once.begin(f"k{number}", b"x")
        once.end(f"k{number}", {"number": number})
    assert once.begin("k0", b"x") == {"number": 0}
