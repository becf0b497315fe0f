"""The words as people type them, and a sealed file of which no byte can change."""

import io
import os
import unicodedata
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from fedlab.node.config import Folder
from fedlab.node.errors import BadRequestError, ServiceError
from fedlab.node.founding import recovery_words
from fedlab.node.keeping import archive
from fedlab.node.keeping.envelope import PIECE_BYTES, WORDS, Line, Opener, Sealer, read_line
from fedlab.node.keeping.words import backup_key, backup_public, read_words
from tests.node.labs import opened_lab

ENTROPY = bytes(range(16))
LINE = Line(lab="ab" * 32, name="Ébène", at=1, epoch=0, size=2, to={})


@pytest.mark.parametrize("lang", ["fr", "en"])
def test_words_are_read_as_people_type_them(lang: str) -> None:
    words = recovery_words(ENTROPY, lang)
    plain = "".join(
        c for c in unicodedata.normalize("NFD", " ".join(words)) if not unicodedata.combining(c)
    )
    numbered = "\n".join(f"{n}. {word.upper()}" for n, word in enumerate(words, 1))
    for text in (" ".join(words), plain, numbered, ", ".join(words)):
        assert read_words(text) == ENTROPY


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda words: words[:11], "11 words"),
        (lambda words: [*words[:11], "xylophoniste"], "xylophoniste"),
        (lambda words: [words[1], words[0], *words[2:]], "another order"),
    ],
)
def test_wrong_words_are_refused_and_named(change: object, says: str) -> None:
    words = recovery_words(ENTROPY, "fr")
    with pytest.raises(BadRequestError, match=says) as refused:
        read_words(" ".join(change(words)))  # type: ignore[operator]
    assert refused.value.code == "wrong_words"


def sealed(body: bytes) -> bytes:
    """Return the bytes of a sealed file."""
    file = io.BytesIO()
    sealer = Sealer(file, LINE, {WORDS: backup_public(ENTROPY)})
    sealer.write(body)
    sealer.close()
    return file.getvalue()


def opened(raw: bytes, key: X25519PrivateKey | None = None) -> bytes:
    """Return what is in a sealed file."""
    file = io.BytesIO(raw)
    line, first = read_line(file)
    opener = Opener(file, line, first, WORDS, key or backup_key(ENTROPY))
    body = b"".join(iter(lambda: opener.read(10_000), b""))
    opener.finish()
    return body


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 200_000])
def test_what_is_sealed_comes_back(size: int) -> None:
    body = os.urandom(size)
    assert opened(sealed(body)) == body


def test_any_changed_byte_is_refused() -> None:
    raw = sealed(b"private" * 9)
    for at in range(len(raw)):
        changed = bytearray(raw)
        changed[at] = (changed[at] + 1) % 256
        with pytest.raises(ServiceError):
            opened(bytes(changed))


def test_pieces_cannot_be_cut_off_swapped_or_added() -> None:
    raw = sealed(os.urandom(3 * PIECE_BYTES))
    start, step = raw.index(b"\n") + 1, PIECE_BYTES + 16
    one, two = raw[start : start + step], raw[start + step : start + 2 * step]
    rest = raw[start + 2 * step :]
    for changed in (one, one + two, two + one + rest, one + rest, one + two + rest + two, b""):
        with pytest.raises(ServiceError, match="cut short"):
            opened(raw[:start] + changed)


def test_other_words_open_nothing() -> None:
    with pytest.raises(BadRequestError, match="Ébène"):
        opened(sealed(b"private"), backup_key(bytes(16)))


def test_a_backup_holds_no_key_and_nothing_in_clear(tmp_path: Path) -> None:
    place = tmp_path / "stick"
    place.mkdir()
    with opened_lab(tmp_path / "lab", "Ébénisterie") as service:
        path = Path(service.backups.write(str(place)).path)
    folder, room = Folder(tmp_path / "lab"), tmp_path / "room"
    room.mkdir()
    assert b"SQLite format" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
    assert not list(folder.path.glob("*.tmp"))
    with opened_lab(tmp_path / "other") as other:
        keys = other.opened.keys
        assert keys is not None
        with pytest.raises(BadRequestError):
            archive.unpack(path, room, "seal", X25519PrivateKey.from_private_bytes(keys.seal))
    assert list(room.iterdir()) == []
