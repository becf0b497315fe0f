"""Whatever changes on disk is found by proving everything again, and told as a value."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fedlab.node.verify import Problem, verify
from tests.node.store.labs import Lab
from tests.node.store.nodes import Node


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a log of this lab's, and one that is being fetched."""
    node = Node(tmp_path_factory.mktemp("sound")).start()
    node.add(*(f"T-{i}" for i in range(400)))
    other = Lab(2)
    other.items(600)
    node.store.commit([*other.events(300), *other.packages(start=300)[:1]])
    node.projector.run()
    node.close()
    return node.folder


@pytest.fixture
def node(sound: Path, tmp_path: Path) -> Iterator[Node]:
    node = Node(shutil.copytree(sound, tmp_path / "node"))
    yield node
    node.close()


def problems(node: Node) -> list[Problem]:
    return verify(node.store, node.head_path).problems


def change(node: Node, query: str, update: str, how: Callable[[bytes], bytes]) -> None:
    """Change one value behind the store's back."""
    node.close()
    with sqlite3.connect(node.folder / "store.db") as conn:
        key, value = conn.execute(query).fetchone()
        changed = how(value)
        assert changed != value
        assert conn.execute(update, (changed, key)).rowcount == 1
    conn.close()
    node.open()


def flip(at: int) -> Callable[[bytes], bytes]:
    def flipped(value: bytes) -> bytes:
        changed = bytearray(value)
        changed[at] ^= 1
        return bytes(changed)

    return flipped


def test_a_sound_store_has_no_problem(node: Node) -> None:
    report = verify(node.store, node.head_path)
    assert (report.labs, report.entries, report.problems) == (2, 401 + 512, [])


@pytest.mark.parametrize(
    ("table", "column", "at", "code"),
    [
        ("bundles", "bundle", 5000, "leaves"),
        ("bundles", "bundle", 0, "unreadable"),
        ("bundles", "root", 3, "leaves"),
        ("open_leaves", "leaf", 7, "root"),
        ("details", "detail", 3, "detail"),
        ("details", "detail", -1, "detail"),
        ("chains", "leaf", 60, "chain"),
        ("lab_states", "state", -1, "projection"),
    ],
)
def test_one_flipped_bit_is_found(node: Node, table: str, column: str, at: int, code: str) -> None:
    key = {"chains": "lab", "lab_states": "lab"}.get(table, "id")
    change(
        node,
        f"SELECT {key}, {column} FROM {table}",
        f"UPDATE {table} SET {column} = ? WHERE {key} = ?",
        flip(at),
    )
    found = problems(node)
    assert found
    assert code in {problem.code for problem in found}
    assert all(problem.message for problem in found)


@pytest.mark.parametrize(("at", "code"), [(20, "root"), (80, "signature")])
def test_a_changed_head_is_found(node: Node, at: int, code: str) -> None:
    change(node, "SELECT id, head FROM logs", "UPDATE logs SET head = ? WHERE id = ?", flip(at))
    assert code in {problem.code for problem in problems(node)}


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM items WHERE code = 'T-7'", "projection"),
        ("DELETE FROM open_leaves WHERE id & 255 = 7", "unreadable"),
        ("DELETE FROM bundles WHERE id & 255 = 0", "unreadable"),
        ("DELETE FROM chains", "chain"),
        ("INSERT INTO statuses VALUES ((1 << 40) + 9, 16)", "projection"),
        ("INSERT INTO erased VALUES ((1 << 40) + 9)", "detail"),
        ("INSERT INTO details VALUES ((1 << 40), x'00')", "detail"),
        ("UPDATE labs SET lab = 'f' || substr(lab, 2)", "chain"),
    ],
)
def test_rows_that_are_wrong_are_found(node: Node, statement: str, code: str) -> None:
    with node.store._database.write() as conn:
        assert conn.execute(statement).rowcount
    assert code in {problem.code for problem in problems(node)}


def test_a_lost_head_file_is_told(node: Node) -> None:
    node.head_path.unlink()
    (problem,) = problems(node)
    assert problem.code == "head"
    assert not node.head_path.exists(), "looking changes nothing"


def test_a_damaged_page_is_told(node: Node) -> None:
    node.close()
    path = node.folder / "store.db"
    raw = bytearray(path.read_bytes())
    for page in range(2 * 8192, len(raw), 8192):
        raw[page : page + 4] = b"\xff\xff\xff\xff"
    path.write_bytes(raw)
    try:
        node.open()
    except Exception as exc:
        assert getattr(exc, "code", "") == "corrupt"
        path.unlink()
        node.open()
        return
    assert "database" in {problem.code for problem in problems(node)}
