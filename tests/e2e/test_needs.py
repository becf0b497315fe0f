"""A need between two real nodes: published at one, answered at the other, closed at the first."""

from tests.e2e.conftest import NewLab
from tests.e2e.nodes import until


def test_a_need_travels_and_its_answer_comes_back(new_lab: NewLab) -> None:
    atelier, brico = new_lab("Atelier"), new_lab("Bricothèque")
    with atelier.running(), brico.running():
        brico.join(atelier)
        need = atelier.run(
            "need", "publish", "--title", "Rectifieuse plane", "--until", "2027-01-31"
        )
        (seen,) = until(lambda: brico.run("need", "list")["needs"], "the need at the other lab")
        assert (seen["need"], seen["title"]) == (need["need"], "Rectifieuse plane")
        brico.run("item", "add", "--name", "Rectifieuse Jung", "--code", "RECT")
        brico.run("need", "join", need["need"], "--code", "RECT")
        (word,) = until(
            lambda: atelier.run("need", "show", need["need"][:12])["joined"], "the answer"
        )
        assert (word["lab"], word["code"]) == (brico.id, "RECT")
        atelier.run("need", "close", need["need"], "--ending", "found")
        until(lambda: not brico.run("need", "list")["needs"], "the end of it")
