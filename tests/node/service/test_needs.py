"""Needs as the service takes and shows them, between labs that have exchanged their logs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError
from fedlab.node.service import Service
from fedlab.protocol.events import ChainSeen
from tests.node.labs import ask, opened_lab, package_of


def hear(service: Service, other: Service) -> None:
    """Have a lab take in all that another has signed."""
    log = service.store.log(other.store.lab, 0)
    package = package_of(other, log.held if log else 0)
    service.store.commit([ChainSeen(other.store.own_chain()), *package])
    service.refresh()


@pytest.fixture
def labs(tmp_path: Path) -> Iterator[tuple[Service, Service]]:
    with opened_lab(tmp_path / "a", "Atelier") as a, opened_lab(tmp_path / "b", "Bricothèque") as b:
        ask(a, "vouch", lab=b.store.lab)
        ask(b, "vouch", lab=a.store.lab)
        hear(a, b), hear(b, a)
        yield a, b


def publish(service: Service, **said: object) -> str:
    need: str = ask(service, "need_publish", need={"title": "Rectifieuse plane", **said})["need"]
    return need


def test_a_need_goes_round_and_comes_back_answered(labs: tuple[Service, Service]) -> None:
    atelier, brico = labs
    need = publish(atelier, kind="tool", quantity=1000, terms=["use", "lend"], until="2026-12-24")
    hear(brico, atelier)
    (seen,) = ask(brico, "need_list")["needs"]
    assert (seen["title"], seen["lab_name"], seen["own"]) == ("Rectifieuse plane", "Atelier", False)
    assert (seen["terms"], seen["until"], seen["lang"]) == (["lend", "use"], "2026-12-24", "fr")
    ask(brico, "item_add", code="RECT", change={"name": "Rectifieuse Jung"})
    ask(brico, "need_join", need=need[:8], code="rect")
    hear(atelier, brico)
    (word,) = ask(atelier, "need_show", need=need)["joined"]
    assert (word["lab_name"], word["code"]) == ("Bricothèque", "RECT")
    ask(atelier, "need_close", need=need, ending="found")
    hear(brico, atelier)
    assert ask(brico, "need_list")["needs"] == []
    (closed,) = ask(brico, "need_list", closed=True, own=True)["needs"]
    assert (closed["open"], closed["ending"]) == (False, "found")


def test_a_word_is_taken_back(labs: tuple[Service, Service]) -> None:
    atelier, brico = labs
    need = publish(atelier)
    hear(brico, atelier)
    ask(brico, "need_join", need=need, quantity=2000)
    assert len(ask(brico, "need_list", own=True)["needs"]) == 1
    ask(brico, "need_close", need=need)
    assert ask(brico, "need_show", need=need)["joined"] == []
    assert ask(brico, "need_list", own=True)["needs"] == []


def test_a_blocked_lab_has_no_needs_here_and_no_say(labs: tuple[Service, Service]) -> None:
    atelier, brico = labs
    theirs, ours = publish(atelier), publish(brico, title="Une main de plus")
    hear(brico, atelier)
    hear(atelier, brico)
    ask(atelier, "need_join", need=ours)
    hear(brico, atelier)
    assert len(ask(brico, "need_list")["needs"]) == 2
    ask(brico, "block", lab=atelier.store.lab)
    (left,) = ask(brico, "need_list")["needs"]
    assert (left["need"], left["joined"]) == (ours, [])
    with pytest.raises(NotFoundError):
        ask(brico, "need_show", need=theirs)


def test_an_erased_detail_leaves_the_need(labs: tuple[Service, Service]) -> None:
    atelier, _ = labs
    need = publish(atelier, description="pour Mme Dupont")
    ask(atelier, "erase", entry=need)
    (left,) = ask(atelier, "need_list")["needs"]
    assert (left["title"], left["description"], left["open"]) == (need[:8], "", True)


def test_what_cannot_be_said_is_refused(labs: tuple[Service, Service]) -> None:
    atelier, brico = labs
    for wrong in (
        {"title": "  "},
        {"title": "x" * 201},
        {"title": "x", "kind": "spell"},
        {"title": "x", "unit": "barrel"},
        {"title": "x", "terms": ["steal"]},
        {"title": "x", "until": "2026-02-30"},
        {"title": "x", "quantity": 0},
    ):
        with pytest.raises(BadRequestError):
            ask(atelier, "need_publish", need=wrong)
    need = publish(atelier)
    with pytest.raises(ConflictError):
        ask(atelier, "need_join", need=need)
    with pytest.raises(BadRequestError):
        ask(atelier, "need_close", need=need, ending="never")
    with pytest.raises(NotFoundError):
        ask(brico, "need_show", need=need)
    hear(brico, atelier)
    with pytest.raises(NotFoundError):
        ask(brico, "need_join", need=need, code="NOWHERE")
    with pytest.raises(ConflictError):
        ask(brico, "need_close", need=need)
    ask(atelier, "need_close", need=need, ending="found")
    with pytest.raises(ConflictError):
        ask(atelier, "need_close", need=need, ending="found")


def hints(service: Service) -> list[tuple[str, tuple[str, ...]]]:
    troubles = service.attention.all().troubles
    return [(one.name, one.about) for one in troubles if one.code == "need"]


def test_a_lab_hears_of_a_need_that_it_can_meet(labs: tuple[Service, Service]) -> None:
    """Until it has answered; and not of one that something merely near would answer."""
    atelier, brico = labs
    publish(atelier, title="Presse plieuse")
    need = publish(atelier, title="Perceuse")
    ask(brico, "item_add", code="D-1", change={"name": "Visseuse-perceuse sans fil"})
    ask(brico, "item_add", code="P-1", change={"name": "Presse à chaud"})
    hear(brico, atelier)
    assert hints(brico) == [("Atelier", ("Perceuse", "Visseuse-perceuse sans fil"))]
    assert hints(atelier) == []
    ask(brico, "need_join", need=need, code="D-1")
    assert hints(brico) == []


def test_what_is_not_of_use_any_more_is_no_hint(labs: tuple[Service, Service]) -> None:
    atelier, brico = labs
    ask(brico, "item_add", code="D-1", change={"name": "Perceuse"})
    publish(atelier, title="Perceuse", until="2020-01-01")
    publish(atelier, title="Perceuse", kind="material")
    hear(brico, atelier)
    assert hints(brico) == []
