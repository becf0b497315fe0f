"""Importing again and undoing: the same file changes nothing, edits on both sides meet."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fedlab.formats.assign import Own
from fedlab.formats.codes import known_words
from fedlab.formats.importing import read_items
from fedlab.formats.items import Content, ImportRow
from fedlab.formats.plan import ADDED, CHANGED, UNCHANGED, Done, Step, plan_import, plan_undo

SHOP_WORDS = known_words("\t\t\tbar bois égoïne étau perceuse rod ruban scie seau tour tube")


class Lab:
    """A lab that imports: its items, and what each row said last, without a log."""

    def __init__(self) -> None:
        self.own: dict[str, Own] = {}
        self.last: dict[str, Content] = {}
        self.done: list[Done] = []

    def plan(self, text: str) -> list[Step]:
        rows: tuple[ImportRow, ...] = ()
        if text:
            rows = read_items(text.encode(), "list.csv").rows
        return plan_import(rows, self.own, self.last, words=SHOP_WORDS)

    def imports(self, text: str) -> dict[str, str]:
        """Import a file; return what became of each code."""
        steps = self.plan(text)
        self.done = [
            Done(
                s.code,
                s.row.row,
                s.before,
                (0, 0) if s.before else None,
                s.after,
                self.last.get(s.code),
                s.said,
            )
            for s in steps
            if s.outcome != UNCHANGED
        ]
        for step in steps:
            if step.outcome != UNCHANGED:
                self.own[step.code] = Own(step.after, (0, 1))
            self.last[step.code] = step.said
        return {step.code: step.outcome for step in steps}

    def edits(self, code: str, **detail: Any) -> None:
        content = self.own[code].content
        self.own[code] = Own(Content(content.fact, {**content.detail, **detail}), (0, 2))

    def says(self, code: str, field: str) -> Any:
        content = self.own[code].content
        return content.detail.get(field, content.fact.get(field))


@pytest.fixture
def lab() -> Lab:
    return Lab()


FILE = "Code;Nom;Lieu;Qté\nA1;Scie;Cave;2\n;Tour à bois;Atelier;1\n"


def test_the_same_file_twice_changes_nothing(lab: Lab) -> None:
    assert lab.imports(FILE) == {"A1": ADDED, "TOUR-BOIS": ADDED}
    assert lab.imports(FILE) == {"A1": UNCHANGED, "TOUR-BOIS": UNCHANGED}
    lab.last.clear()  # and also where nothing is remembered of the first time
    assert lab.imports(FILE) == {"A1": UNCHANGED, "TOUR-BOIS": UNCHANGED}


def test_what_changed_in_the_file_changes_and_what_was_edited_here_stays(lab: Lab) -> None:
    lab.imports(FILE)
    lab.edits("A1", place="Garage", description="Lame neuve")
    assert lab.imports(FILE.replace(";2", ";5")) == {"A1": CHANGED, "TOUR-BOIS": UNCHANGED}
    assert lab.says("A1", "quantity") == 5000
    assert lab.says("A1", "place") == "Garage"
    assert lab.says("A1", "description") == "Lame neuve"


def test_the_same_file_does_not_take_an_edit_back_and_says_so(lab: Lab) -> None:
    lab.imports(FILE)
    lab.edits("A1", place="Garage")
    (step, _) = lab.plan(FILE)
    assert (step.outcome, step.note[:26]) == (UNCHANGED, "keeps what was edited here")


def test_what_left_the_file_leaves_the_item(lab: Lab) -> None:
    lab.imports("Code;Nom;Lieu;Fournisseur\nA1;Scie;Cave;Acme\n")
    lab.edits("A1", brand="Bosch")
    lab.imports("Code;Nom;Lieu;Fournisseur\nA1;Scie;;\nA2;x;y;z\n")
    assert lab.says("A1", "place") is None and lab.says("A1", "more") is None
    assert lab.says("A1", "brand") == "Bosch"


FULL = (
    "Code;Nom;Marque;Lieu;Tarif horaire;Prêt;Fournisseur;Qté\n"
    "A1;Scie;Bosch;Cave;12 €/h;oui;Acme;2\n"
)


def test_a_partial_list_leaves_alone_what_it_has_no_column_for(lab: Lab) -> None:
    lab.imports(FULL)
    whole = lab.own["A1"].content
    assert lab.imports("Code;Nom\nA1;Scie\n") == {"A1": UNCHANGED}
    assert lab.imports("Code;Nom;Lieu\nA1;Scie;Garage\n") == {"A1": CHANGED}
    assert lab.own["A1"].content == Content(whole.fact, {**whole.detail, "place": "Garage"})
    lab.edits("A1", brand="Makita")
    assert lab.imports(FULL.replace("Cave", "Garage")) == {"A1": UNCHANGED}  # the edit stays
    assert lab.says("A1", "brand") == "Makita"


def test_an_empty_cell_empties_what_its_column_said(lab: Lab) -> None:
    lab.imports(FULL)
    lab.imports("Code;Nom;Marque;Prêt;Fournisseur\nA1;Scie;;;\n")
    assert (lab.says("A1", "brand"), lab.says("A1", "terms")) == (None, ["use"])
    assert set(lab.says("A1", "more")) == {"Tarif horaire"}
    assert (lab.says("A1", "hourly"), lab.says("A1", "place")) == (1200, "Cave")
    lab.imports("Code;Nom;Tarif horaire\nA1;Scie;\n")
    assert [lab.says("A1", field) for field in ("terms", "hourly", "more")] == [None, None, None]


def test_a_column_left_out_on_request_leaves_the_item(lab: Lab) -> None:
    lab.imports(FULL)
    rows = read_items(FULL.encode(), "list.csv", mapping=[("skip", "Fournisseur")]).rows
    (step,) = plan_import(rows, lab.own, lab.last, words=SHOP_WORDS)
    assert step.outcome == CHANGED and "Fournisseur" not in step.after.detail["more"]


def test_a_guess_never_overrides_what_somebody_said(lab: Lab) -> None:
    lab.own["A1"] = Own(Content({"kind": "material", "unit": "kg"}, {"name": "Scie"}), (0, 0))
    lab.imports("Code;Nom\nA1;Scie\n")
    assert (lab.says("A1", "kind"), lab.says("A1", "unit")) == ("material", "kg")
    lab.imports("Code;Nom;Nature\nA1;Scie;outil\n")
    assert lab.says("A1", "kind") == "tool"


def test_rows_that_share_a_code_do_not_overwrite_one_another(lab: Lab) -> None:
    """jantman's list gives JA000001 to four bars."""
    text = "Code;Nom;Long\nJA1;Bar;5,5\nJA1;Bar;5,7\nJA1;Tube;1\nJA2;Rod;2\n"
    assert lab.imports(text) == {"JA1": ADDED, "JA1-2": ADDED, "JA1-3": ADDED, "JA2": ADDED}
    assert [lab.says(code, "more")["Long"] for code in ("JA1", "JA1-2", "JA1-3")] == [
        "5,5",
        "5,7",
        "1",
    ]
    assert lab.says("JA1-3", "ref") == "JA1"


def test_shuffled_and_deleted_rows_do_not_make_the_others_change_places(lab: Lab) -> None:
    rows = [f"Bar;{n}" for n in range(6)]
    lab.imports("\n".join(["Nom;Long", *rows]))
    before = dict(lab.own)
    del rows[2]
    random.Random(1).shuffle(rows)
    assert set(lab.imports("\n".join(["Nom;Long", *rows])).values()) == {UNCHANGED}
    assert lab.own == before


def test_an_edited_row_among_its_likes_is_the_one_that_changed(lab: Lab) -> None:
    lab.imports("Nom;Long\nBar;1\nBar;2\nBar;3\n")
    assert lab.imports("Nom;Long\nBar;3\nBar;9\nBar;1\n") == {
        "BAR-3": UNCHANGED,
        "BAR-2": CHANGED,
        "BAR": UNCHANGED,
    }


def test_a_code_made_from_a_name_never_takes_another_things(lab: Lab) -> None:
    lab.own["SCIE"] = Own(Content({"kind": "tool", "unit": "piece"}, {"name": "Égoïne"}), (0, 0))
    assert lab.imports("Nom;Lieu\nScie;A\n") == {"SCIE-2": ADDED}
    assert lab.imports("Nom;Lieu\nScie;B\n") == {"SCIE-2": CHANGED}
    lab.edits("SCIE-2", name="Scie à ruban")
    assert lab.imports("Nom;Lieu\nScie;C\n") == {"SCIE-2": CHANGED}
    assert lab.says("SCIE-2", "name") == "Scie à ruban"


def test_a_retired_item_stays_retired_unless_the_file_says_something_new(lab: Lab) -> None:
    lab.imports(FILE)
    lab.own["A1"] = lab.own["A1"]._replace(retired=True)
    assert lab.imports(FILE)["A1"] == UNCHANGED
    assert lab.imports(FILE.replace("Cave", "Grenier"))["A1"] == ADDED


# --- undoing --------------------------------------------------------------------------------------


def undo(lab: Lab, erased: bool = False) -> dict[str, str]:
    """Return what undoing does to each code."""
    return {
        step.code: step.left or ("restored" if step.content else "retired")
        for step in plan_undo(lab.done, lab.own, lambda place: erased)
    }


def test_undoing_restores_what_was_and_retires_what_was_added(lab: Lab) -> None:
    lab.imports(FILE)
    assert undo(lab) == {"A1": "retired", "TOUR-BOIS": "retired"}
    lab.imports(FILE.replace("Cave", "Grenier") + ";Étau;;\n")
    assert undo(lab) == {"A1": "restored", "ETAU": "retired"}
    (restored, _) = plan_undo(lab.done, lab.own, lambda place: False)
    assert restored.content is not None and restored.content.detail["place"] == "Cave"


def test_undoing_leaves_alone_what_was_touched_since_and_says_why(lab: Lab) -> None:
    lab.imports("Code;Nom\nA;a\nB;b\nC;c\nD;d\n")
    lab.edits("A", place="Garage")
    lab.own["B"] = lab.own["B"]._replace(retired=True)
    lab.own["C"] = lab.own["C"]._replace(held=True)
    del lab.own["D"]
    assert undo(lab) == {
        "A": "was edited here since the import",
        "B": "is gone already",
        "C": "is held or reserved: release it first, then retire it",
        "D": "was never written",
    }


def test_undoing_does_not_bring_back_what_was_erased(lab: Lab) -> None:
    lab.imports(FILE)
    lab.imports(FILE.replace("Cave", "Grenier"))
    assert undo(lab, erased=True) == {"A1": "what it said before was erased since"}


# --- any file -------------------------------------------------------------------------------------

WORDS = ["Scie", "scie", "Étau", "A-1", "A-1-2", "2,5", "oui", "12 €", "NC", "", "x" * 40]
HEADERS = ["Nom", "Code", "Qté", "Lieu", "Prix", "Prêt", "Tags", "Foo", "N°", "Type"]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.sampled_from(HEADERS), min_size=2, max_size=6, unique=True),
    st.lists(st.lists(st.sampled_from(WORDS), min_size=2, max_size=6), min_size=1, max_size=12),
    st.randoms(use_true_random=False),
)
def test_any_list_imported_again_in_any_order_changes_nothing(
    headers: list[str], rows: list[list[str]], rng: random.Random
) -> None:
    table = "\n".join(";".join(row) for row in [headers, *rows])
    found = read_items(table.encode(), "list.csv").rows if any(map(any, rows)) else ()
    own: dict[str, Own] = {}
    last: dict[str, Content] = {}
    steps = plan_import(found, own, last, words=SHOP_WORDS)
    assert len({step.code for step in steps}) == len(steps)
    for step in steps:
        own[step.code] = Own(step.after, (0, 0))
        last[step.code] = step.said
    again = rng.sample(found, len(found))
    for known in (last, {}):
        steps = plan_import(again, own, known, words=SHOP_WORDS)
        assert {step.outcome for step in steps} <= {UNCHANGED}
