"""The tutorials work when typed: their commands are typed here, one page after the other.

Only what a test must change is changed: ports are free ones, the folder is a new one, and after a
line that starts a node one waits until it answers, as a person would.
"""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.nodes import REPO, free_port, until

PAGES = {"first-lab.md": "laser cutter", "premier-labo.md": "découpe laser"}


def typed(page: Path) -> list[str]:
    """Return the commands of a page, in order."""
    boxes = re.findall(r"```console\n(.*?)```", page.read_text(), re.DOTALL)
    lines = "".join(boxes).splitlines()
    assert all(line.startswith("$ ") for line in lines)
    return [line.removeprefix("$ ") for line in lines]


class Terminal:
    """A shell in a new folder, with `bin/fedlab` as in a checkout, and nodes in its background."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.nodes: list[subprocess.Popen[str]] = []
        (folder / "bin").mkdir(parents=True)
        script = folder / "bin" / "fedlab"
        # The real script would first make an environment, which test_bootstrap.py is about.
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -P -m fedlab "$@"\n')
        script.chmod(0o755)
        self.environ = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder / "home"),
            "PYTHONPATH": str(REPO),
            "LANG": "C.UTF-8",
        }

    def type(self, line: str) -> str:
        """Type a line and return what it prints; a node goes to the background."""
        if line.endswith(" &"):
            node = subprocess.Popen(
                line.removesuffix(" &"),
                shell=True,
                cwd=self.folder,
                env=self.environ,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
                start_new_session=True,
            )
            self.nodes.append(node)
            assert node.stdout is not None
            return node.stdout.readline()
        done = subprocess.run(
            line, shell=True, cwd=self.folder, env=self.environ, capture_output=True, text=True
        )
        assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def close(self) -> None:
        for node in self.nodes:
            os.killpg(node.pid, signal.SIGTERM)
            with node:
                node.wait(20)


@pytest.mark.parametrize("name", PAGES)
def test_the_tutorial_works_when_typed(name: str, tmp_path: Path) -> None:
    terminal = Terminal(tmp_path / "work")
    ports = {"7390": str(free_port()), "7391": str(free_port())}
    said: dict[str, str] = {}
    try:
        for line in typed(REPO / "docs" / "tutorial" / name):
            here = re.sub(r"739[01]", lambda match: ports[match[0]], line)
            if line.endswith(f"search {PAGES[name]}"):
                found = "Trotec Speedy 100"
                said[line] = until(lambda: (t := terminal.type(here)) and found in t and t, found)  # noqa: B023
            else:
                said[line] = terminal.type(here)
    finally:
        terminal.close()
    everything = "\n".join(said.values())
    assert re.search(r"^ +1 \S+ +2 \S+ +3 \S+ +4 \S+", everything, re.MULTILINE), "twelve words"
    assert "2 added" in everything
    assert "Imprimante 3D" in said["bin/fedlab search 3d printer"]
    assert "Perceuse à colonne" in said["bin/fedlab search perseuse"]
    assert re.search(r"entries of 2 labs checked", said["bin/fedlab verify"])


def test_both_tutorials_type_the_same() -> None:
    """One is the translation of the other; only names of folders and a question differ."""
    first, second = (typed(REPO / "docs" / "tutorial" / name) for name in PAGES)
    same = [line.replace("second-lab ", "second-labo ") for line in first]
    assert [a for a, b in zip(same, second, strict=True) if a != b] == [
        "bin/fedlab search laser cutter"
    ]
