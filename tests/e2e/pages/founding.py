"""A lab founded in a browser, from an empty folder and the code that `fedlab run` prints."""

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.nodes import DEADLINE_S, FEDLAB, environment, free_port
from tests.e2e.pages.browsing import Person


@contextmanager
def first_start(folder: Path) -> Iterator[tuple[str, str]]:
    """Run `fedlab run` on an empty folder; yields the address and the code that it prints."""
    folder.mkdir()
    with (folder / "node.log").open("w") as log:
        process = subprocess.Popen(
            [*FEDLAB, "run", "--port", str(free_port())],
            env=environment(folder / "data"),
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if line.startswith("The code"):  # also in a file: the last thing that it says
                break
        address, code = re.search(r"http://\S+/setup", said), re.search(r"\w{4}-\w{4}\n", said)
        assert address and code, said + (folder / "node.log").read_text()
        yield address[0], code[0].strip()
    finally:
        process.send_signal(signal.SIGINT)
        with process:
            assert process.wait(DEADLINE_S) == 0
    assert "Traceback" not in (folder / "node.log").read_text()


def found_a_lab(who: Person, address: str, code: str, name: str, place: str) -> None:
    """From the code to an account: the steps of the set-up."""
    who.opens(address)
    who.writes("Set-up code", code.lower())
    who.presses("Begin")
    who.finds(who.word("How do you begin?"))
    who.presses("Found a lab")
    who.writes("Name of the lab", name)
    who.chooses("What kind of place is it?", "fab_lab")
    who.chooses("Legal form", "association")
    who.writes("Where on the map", place)
    who.presses("Go on")
    who.finds(who.word("Twelve words to keep on paper"))
    paper = who.page.locator(".words li").all_inner_texts()
    assert len(paper) == 12
    who.presses("They are on paper")
    give_words_back(who, paper)


def give_words_back(who: Person, paper: list[str]) -> None:
    """Type the words that are asked back, and found the lab."""
    for label in who.page.locator("label").all():
        number = re.search(r"\d+", label.inner_text())
        assert number
        who.page.get_by_label(label.inner_text(), exact=True).fill(paper[int(number[0]) - 1])
    who.presses("Found the lab")
    who.finds(who.word("Your account"))
