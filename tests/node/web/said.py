"""Finds in the code what the service may say to people: errors with their hints, rows left out.

Each is given as the template that `web/sentences.py` reads it back by: `there is no loan {0}`.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from tests.conftest import REPO

PACKAGE = REPO / "fedlab"
# Whatever these raise or return may be shown on a page.
_PLACES = (
    "formats", "inventory/calendar.py", "node/doctor.py", "node/errors.py", "node/files.py",
    "node/firststart.py",
    "node/imports.py", "node/mail.py", "node/keeping/archive.py", "node/keeping/envelope.py",
    "node/keeping/epochs.py", "node/keeping/rehearsal.py", "node/keeping/restoring.py",
    "node/keeping/words.py", "node/members", "node/photos", "node/search/asking.py",
    "node/service", "node/store/errors.py", "node/web", "node/driver.py",
)  # fmt: skip
# Of these, what is only read by programs and by whoever runs a command.
_NOT = (
    "node/service/logs.py", "node/service/once.py", "node/web/log.py", "node/web/health.py",
    "node/web/outside.py", "node/service/membercalls.py",
)  # fmt: skip
_SAYING = re.compile(
    r"(?!Assertion)\w*Error|Aside|Check|Rejected|left|_wrong|_refuse|_unusable|store_error"
)
# What says nothing by itself: it hands on what was said elsewhere.
_VALUE = re.compile(r"\{\d\}")
_LETTERS = re.compile(r"[a-z]{2}")


def templates() -> dict[str, str]:
    """Return every sentence, with the file that says it."""
    found: dict[str, str] = {}
    for path in _files():
        for text in _of(ast.parse(path.read_text(encoding="utf-8"))):
            found.setdefault(text, str(path.relative_to(REPO)))
    return found


def _files() -> Iterator[Path]:
    for place in _PLACES:
        path = PACKAGE / place
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            if str(file.relative_to(PACKAGE)) not in _NOT:
                yield file


def _of(tree: ast.Module) -> Iterator[str]:
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _SAYING.fullmatch(_name(node.func)):
            given: list[ast.expr] = list(node.args)
        elif isinstance(node, ast.Assign) and _name(node.targets[0]) in ("note", "said", "why"):
            given = [node.value]
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Tuple | ast.Dict):
            given = _sentences_of(node) if node in tree.body else []
        else:
            continue
        for argument in given:
            for text in _texts(argument, named):
                if " " in text and _LETTERS.search(_VALUE.sub("", text)):
                    yield text


def _sentences_of(node: ast.Assign) -> list[ast.expr]:
    """Return what a table named `_DAMAGED`, `_FULL` … says: (code, message, hint) of an error."""
    value = node.value
    is_said = isinstance(value, ast.Tuple) and 2 <= len(value.elts) <= 3
    if not is_said or not all(isinstance(e, ast.Constant | ast.JoinedStr) for e in value.elts):
        return []
    return list(value.elts)


def _texts(node: ast.expr, named: dict[str, ast.expr]) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr():
            yield _template(node, named)
        case ast.IfExp():
            yield from _texts(node.body, named)
            yield from _texts(node.orelse, named)
        case ast.BoolOp():
            for value in node.values:
                yield from _texts(value, named)
        case ast.Name(id=name) if name in named:
            yield from _texts(named[name], named)
        case ast.Tuple() | ast.List():
            for value in node.elts:
                yield from _texts(value, named)
        case ast.Dict():
            for value in node.values:
                yield from _texts(value, named)
        case ast.Starred():
            yield from _texts(node.value, named)
        case ast.Subscript(value=ast.Name(id=name)) if name in named:
            yield from _texts(named[name], named)
        case ast.BinOp(op=ast.Add()):
            yield from _texts(node.left, named)


def _template(node: ast.JoinedStr, named: dict[str, ast.expr]) -> str:
    text, count = "", 0
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            constant = named.get(_name(part.value))
            if isinstance(constant, ast.Constant) and isinstance(constant.value, str):
                text += constant.value
                continue
            text += f"{{{count}}}"
            count += 1
        else:
            assert isinstance(part, ast.Constant)
            text += str(part.value)
    return text


def _name(node: ast.expr) -> str:
    return str(getattr(node, "id", "") or getattr(node, "attr", ""))
