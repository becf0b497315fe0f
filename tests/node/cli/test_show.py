"""Tables for people: folded to a terminal, one line a row for everything else."""

import sys

import pytest

from fedlab.node.cli import peers, show

LONG = "Perceuse à colonne " * 20


def test_in_a_pipe_each_row_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    show.table(("ITEM", "NAME"), [("P-1", LONG.strip()), ("S-1", "Scie\nsauteuse"), ("T", None)])
    assert capsys.readouterr().out.splitlines() == [
        "ITEM  NAME",
        f"P-1   {LONG.strip()}",
        "S-1   Scie sauteuse",
        "T",
    ]


def test_a_terminal_folds_what_fits_a_screen_and_no_more(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """rich takes five seconds for 5,000 rows."""
    laid_out: list[int] = []
    monkeypatch.setattr(show, "_print_folded", lambda _, rows: laid_out.append(len(rows)))
    for terminal, many in ((True, 3), (True, 5000), (False, 3)):
        monkeypatch.setattr(sys.stdout, "isatty", lambda terminal=terminal: terminal)
        show.table(("ITEM",), [(f"T-{n}",) for n in range(many)])
    assert laid_out == [3]
    assert len(capsys.readouterr().out.splitlines()) == 5001 + 4


def test_an_empty_table_is_its_heading(capsys: pytest.CaptureFixture[str]) -> None:
    show.table(("ITEM", "NAME"), [])
    assert capsys.readouterr().out == "ITEM  NAME\n"


def test_a_name_in_brackets_is_no_markup(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    show.table(("NAME",), [("[red]Scie[/red]",)])
    assert "[red]Scie[/red]" in capsys.readouterr().out


def test_ids_of_peers_can_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    """`block` and `unblock` take the whole id of a lab that nobody vouched for."""
    one, two, three = "a" * 64, "b" * 64, "c" * 64
    peer = {"lab": one, "name": "Nord", "url": None, "connected": True, "behind": 0, "age_s": 5}
    near = {"lab": "d" * 64, "name": "", "url": "http://192.168.1.8:7390"}
    answer = {
        "peers": [peer | {"split_view": False}],
        "vouched": [one, two],
        "blocked": [three],
        "nearby": [near],
    }
    peers._show_peers(answer)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("Nord ") and lines[1].endswith(one)
    assert lines[2:4] == [f"vouched for: {two}", f"blocked: {three}"]
    assert lines[4].startswith("on this network, not a peer: dddddddd at http://192.168.1.8:7390")
