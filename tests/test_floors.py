"""Imports only go down, and everything below `node` is pure: law 8, read from the source."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import REPO

FLOORS = ["protocol", "inventory", "ledger", "formats", "node"]
PACKAGE = REPO / "fedlab"

# What touches the world. Time, randomness, files and sockets are handed in as values.
WORLDLY = {
    "aiohttp", "asyncio", "ctypes", "fcntl", "ftplib", "getpass", "glob", "http", "importlib",
    "locale", "logging", "mmap", "multiprocessing", "os", "pathlib", "platform", "queue", "random",
    "sched", "secrets", "select", "selectors", "shutil", "signal", "smtplib", "socket",
    "socketserver", "sqlite3", "sqlite_utils", "ssl", "subprocess", "sys", "tantivy", "tempfile",
    "threading", "time", "urllib.request", "uuid", "zeroconf", "zoneinfo", "concurrent",
}  # fmt: skip
# What reads a clock, randomness or a file without an import that says so.
WORLDLY_CALLS = {"now", "utcnow", "today", "fromtimestamp", "generate", "generate_key"}
WORLDLY_NAMES = {"open", "input", "print", "__import__"}


def sources(floor: str) -> list[Path]:
    return sorted((PACKAGE / floor).rglob("*.py"))


def imports(tree: ast.AST, path: Path) -> Iterator[str]:
    """Yield the full name of every module that a module imports, inside functions too."""
    package = path.relative_to(REPO).with_suffix("").parts[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level + 1]) if node.level else []
            stem = ".".join([*base, *([node.module] if node.module else [])])
            yield stem
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def upward(source: str, path: Path) -> list[str]:
    """Return the imports of a module that go up."""
    mine = FLOORS.index(path.relative_to(PACKAGE).parts[0])
    found = []
    for name in imports(ast.parse(source), path):
        parts = name.split(".")
        if parts[0] == "fedlab" and len(parts) > 1 and parts[1] in FLOORS:
            if FLOORS.index(parts[1]) > mine:
                found.append(name)
        elif parts[0] == "tests":
            found.append(name)
    return found


def worldly(source: str, path: Path) -> list[str]:
    """Return what in a module touches the world."""
    tree = ast.parse(source)
    found = [
        name for name in imports(tree, path) if name in WORLDLY or name.split(".")[0] in WORLDLY
    ]
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func
            if isinstance(called, ast.Attribute) and called.attr in WORLDLY_CALLS:
                found.append(f".{called.attr}()")
            if isinstance(called, ast.Name) and called.id in WORLDLY_NAMES:
                found.append(f"{called.id}()")
    return found


@pytest.mark.parametrize("floor", FLOORS)
def test_imports_only_go_down(floor: str) -> None:
    found = {path.name: upward(path.read_text(), path) for path in sources(floor)}
    assert not {name: names for name, names in found.items() if names}


@pytest.mark.parametrize("floor", FLOORS[:-1])
def test_everything_below_node_is_pure(floor: str) -> None:
    found = {path.name: worldly(path.read_text(), path) for path in sources(floor)}
    assert not {name: names for name, names in found.items() if names}


@pytest.mark.parametrize(
    "line",
    [
        "from fedlab.node.store import SqliteStore",
        "import fedlab.formats.tables",
        "from fedlab.ledger import money",
        "from ..ledger import money",
        "from .. import node",
        "def late():\n    from fedlab.node import cli",
        "from tests.conftest import REPO",
    ],
)
def test_an_import_that_goes_up_is_found(line: str) -> None:
    """Negative control."""
    assert upward(line, PACKAGE / "inventory" / "mutant.py")


@pytest.mark.parametrize(
    "line",
    [
        "import os",
        "import os.path",
        "from os import urandom",
        "import asyncio as a",
        "from urllib.request import urlopen",
        "def late():\n    import sqlite3",
        "import datetime\ndatetime.date.today()",
        "from datetime import datetime\ndatetime.now()",
        "open('/etc/passwd')",
        "X25519PrivateKey.generate()",
    ],
)
def test_what_touches_the_world_is_found(line: str) -> None:
    """Negative control."""
    assert worldly(line, PACKAGE / "protocol" / "mutant.py")


@pytest.mark.parametrize(
    "line", ["import datetime", "from fedlab.protocol import entry", "import re"]
)
def test_what_is_allowed_is_not_found(line: str) -> None:
    path = PACKAGE / "inventory" / "fine.py"
    assert not upward(line, path)
    assert not worldly(line, path)
