"""A disk with a volatile cache, rebuilt from the system calls of a real run.

`read_trace` reads what strace saw. `Disk` plays it up to a moment and loses the power there: of
what was written and not synced, each 512-byte sector is kept or lost by a seeded coin, and each
name that was created, renamed or removed without syncing its folder is in its old place or its
new one. Writes that were recorded outside the folder tell what the world knew by then.
"""

import os
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SECTOR = 512

# `1234 pwrite64(5<…store.db-wal>, "…", 4120, 32) = 4120`, strings and paths in hexadecimal.
_LINE = re.compile(r"^(?:\d+ +)?(\w+)\((.*)\) += (-?\d+)")
_FD = re.compile(r"^\d+<((?:\\x[0-9a-f]{2})*)>")
_STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"')


class Call(NamedTuple):
    """One system call that succeeded."""

    name: str
    path: Path | None  # of the file behind its descriptor
    strings: list[bytes]
    numbers: list[int]
    flags: str


def read_trace(path: Path) -> Iterator[Call]:
    """Yield the calls of a trace made with `-y -xx -s` large enough."""
    for line in path.read_text().splitlines():
        match = _LINE.match(line)
        if match is None or match[3].startswith("-"):
            continue
        name, args, result = match[1], match[2], int(match[3])
        fd = _FD.match(args)
        file = Path(os.fsdecode(_bytes(fd[1]))) if fd else None
        strings = [_bytes(text) for text in _STRING.findall(args)]
        rest = _STRING.sub("", _FD.sub("", args))
        numbers = [int(number) for number in re.findall(r"(?<![\w<])\d+\b", rest)]
        yield Call(name, file, strings, [*numbers, result], rest)


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


class _File:
    """What is on disk, and the sectors that are still on their way."""

    def __init__(self, durable: bytes = b"") -> None:
        self.now = bytearray(durable)
        self.durable = bytes(durable)

    def write(self, at: int, data: bytes) -> None:
        if len(self.now) < at + len(data):
            self.now.extend(bytes(at + len(data) - len(self.now)))
        self.now[at : at + len(data)] = data

    def sync(self) -> None:
        self.durable = bytes(self.now)

    def after_cut(self, rng: random.Random) -> bytes:
        if self.durable == self.now:
            return self.durable
        size = rng.choice([len(self.durable), len(self.now)])
        found = bytearray(self.durable.ljust(size, b"\0")[:size])
        for at in range(0, min(size, len(self.now)), SECTOR):
            if rng.random() < 0.5:
                found[at : at + SECTOR] = self.now[at : min(at + SECTOR, size)]
        return bytes(found)


class Disk:
    """The folder of a node while calls are played on it, and the record beside the folder."""

    def __init__(self, folder: Path, record: Path) -> None:
        self.folder, self.record_path = folder, record
        self.record = record.read_bytes() if record.exists() else b""
        files = {path: _File(path.read_bytes()) for path in folder.iterdir()}
        self.names, self.durable_names = dict(files), dict(files)

    def play(self, call: Call) -> bool:
        """Do what a call did; False if it changed nothing that a power cut could lose."""
        match call.name:
            case "openat" | "open":
                return self._open(Path(os.fsdecode(call.strings[0])), call.flags)
            case "write" if call.path == self.record_path:
                self.record += call.strings[0]
                return True
            case "rename":
                old, new = (Path(os.fsdecode(name)) for name in call.strings)
                self.names[new] = self.names.pop(old)
                return True
            case "unlink":
                return self.names.pop(Path(os.fsdecode(call.strings[0])), None) is not None
            case "fsync" | "fdatasync" if call.path == self.folder:
                self.durable_names = dict(self.names)
                return True
        file = self.names.get(call.path) if call.path else None
        if file is None:
            return False
        match call.name:
            case "pwrite64":
                file.write(call.numbers[1], call.strings[0])
            case "write":  # only of whole small files, from their beginning
                file.write(len(file.now), call.strings[0])
            case "ftruncate":
                size = call.numbers[0]
                file.now = file.now[:size].ljust(size, b"\0")
            case "fsync" | "fdatasync":
                file.sync()
                assert call.path is not None
                # As ext4 and its like do: a new file's name goes to disk with its content.
                self.durable_names.setdefault(call.path, file)
            case _:
                return False
        return True

    def _open(self, path: Path, flags: str) -> bool:
        if path.parent != self.folder:
            return False
        if path not in self.names and "O_CREAT" in flags:
            self.names[path] = _File()
            return True
        if path in self.names and "O_TRUNC" in flags:
            self.names[path].now.clear()
            return True
        return False

    def after_cut(self, rng: random.Random) -> dict[str, bytes]:
        """Return the files that are found after the power came back."""
        found: dict[str, bytes] = {}
        for path in sorted({*self.names, *self.durable_names}):
            file = rng.choice([self.names.get(path), self.durable_names.get(path)])
            # The index of the write-ahead log is shared memory: SQLite makes it anew.
            if file is not None and not path.name.endswith("-shm"):
                found[path.name] = file.after_cut(rng)
        return found
