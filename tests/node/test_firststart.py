"""The first start: steps kept on disk, words on paper before any lab, no guessing of codes."""

import stat
from pathlib import Path

import pytest

from fedlab.node.config import Folder
from fedlab.node.errors import ConfigurationError, TryLaterError
from fedlab.node.firststart import FREE_TRIES, WAIT_S, FirstStart, Plan
from fedlab.node.founding import can_found
from fedlab.node.service import Service
from fedlab.protocol.identity import recovers
from tests.node.labs import found_lab


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def begun(path: Path, clock: Clock | None = None) -> FirstStart:
    return FirstStart(Folder(path), clock or Clock())


def test_each_step_is_resumed_after_a_restart(tmp_path: Path) -> None:
    start = begun(tmp_path)
    assert start.plan.step == "lab"
    start.name_lab(Plan(name="Atelier", lang="fr", form="association"))
    words = start.plan.words()
    again = begun(tmp_path)
    assert (again.code, again.plan.step, again.plan.words()) == (start.code, "words", words)
    again.words_written()
    assert begun(tmp_path).plan.step == "check"
    assert not (tmp_path / "store.db").exists(), "no lab before the words are on paper"


def test_the_lab_is_founded_with_the_words_that_were_shown(tmp_path: Path) -> None:
    start = begun(tmp_path)
    start.name_lab(Plan(name="Atelier", lat=48.39, lon=-4.49, kind="fab_lab", address="1 quai"))
    entropy = bytes.fromhex(start.plan.entropy)
    founded = start.found()
    assert founded.recovery_words == start.plan.words()
    assert not (tmp_path / "setup.json").exists()
    with Service(Folder(tmp_path)) as service:
        own = service.own()
        assert (own.name, own.lat, own.kind, own.address) == ("Atelier", 48.39, "fab_lab", "1 quai")
        assert recovers(service.store.own_chain(), entropy)


def test_words_are_compared_as_people_type_them(tmp_path: Path) -> None:
    start = begun(tmp_path)
    start.name_lab(Plan(name="Atelier"))
    start.plan.entropy, start.plan.asked = "00" * 16, [0, 5, 11]  # abaisser … abeille
    assert start.plan.wrong([" Abaisser", "ABAISSER ", "abeillé"]) == []
    assert start.plan.wrong(["abaisser", "", "abeilles"]) == [1, 2]


def test_a_lab_renamed_keeps_its_words_but_in_another_language_shows_them_again(
    tmp_path: Path,
) -> None:
    start = begun(tmp_path)
    start.name_lab(Plan(name="Atelier"))
    entropy = start.plan.entropy
    start.words_written()
    start.name_lab(Plan(name="Atelier du port"))
    assert (start.plan.entropy, start.plan.step) == (entropy, "check")
    start.name_lab(Plan(name="Atelier du port", lang="en"))
    assert (start.plan.entropy, start.plan.step) == (entropy, "words")


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    start = begun(tmp_path / "lab")
    start.name_lab(Plan(name="Atelier"))
    for name in ("", "setup.json", "setup-code"):
        assert not (tmp_path / "lab" / name).stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO), name


def test_a_code_is_taken_with_small_letters_and_spaces_and_no_other_is(tmp_path: Path) -> None:
    start = begun(tmp_path)
    typed = f" {start.code[:4].lower()} {start.code[4:]} "
    assert start.gate.is_code(typed)
    for wrong in ("", start.code[:-1], start.code + "A", "é" * 8):
        assert not start.gate.is_code(wrong)


def test_who_guesses_must_wait_even_with_the_right_code(tmp_path: Path) -> None:
    clock = Clock()
    start = begun(tmp_path, clock)
    for _ in range(FREE_TRIES):
        assert not start.gate.is_code("AAAA-AAAA")
    with pytest.raises(TryLaterError):
        start.gate.is_code(start.code)
    clock.seconds += WAIT_S
    assert start.gate.is_code(start.code)


def test_a_code_put_there_beforehand_is_taken_and_a_short_one_replaced(tmp_path: Path) -> None:
    (tmp_path / "setup-code").write_text("port-louis-29\r\n")
    assert begun(tmp_path).code == "PORTLOUIS29"
    (tmp_path / "setup-code").write_text("1234")
    assert len(begun(tmp_path).code) == 8


def test_a_plan_that_cannot_be_read_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "setup.json").write_text('{"name": 3}')
    with pytest.raises(ConfigurationError, match=r"setup\.json"):
        begun(tmp_path)


def test_a_folder_whose_lab_has_spoken_is_not_empty(tmp_path: Path) -> None:
    """Without its store, a lab's keys ask for a backup, not for another lab."""
    assert can_found(Folder(tmp_path))
    found_lab(tmp_path)
    (tmp_path / "store.db").unlink()
    assert not can_found(Folder(tmp_path))
