"""Photos are made safe in a process of their own, or refused; nothing of a picture but pixels."""

import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageOps

from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError, TryLaterError
from fedlab.node.photos import making
from fedlab.node.photos.folder import is_name
from fedlab.node.service import Service
from fedlab.protocol.limits import PHOTO_BYTES_MAX, PHOTOS_MAX
from tests.node.labs import ask, opened_lab
from tests.node.photos.pictures import (
    HEIC,
    HTML_IN_DISGUISE,
    SVG,
    in_mode,
    picture,
    pixel_bomb,
    with_metadata,
)


def read(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP"])
def test_a_photo_becomes_a_small_jpeg_and_a_thumbnail(form: str) -> None:
    photo = making.make_photo(picture(3000, 2000, form))
    full, thumb = read(photo.full), read(photo.thumb)
    assert (full.format, full.size) == ("JPEG", (1600, 1067))
    assert (thumb.format, thumb.size) == ("JPEG", (320, 213))
    assert len(photo.full) < PHOTO_BYTES_MAX


def test_it_is_upright_and_says_nothing_of_whose_where_and_when() -> None:
    photo = making.make_photo(with_metadata())
    for data in photo:
        image = read(data)
        assert image.height > image.width, "it lay on its side"
        assert not image.getexif() and "comment" not in image.info
        assert b"Exif" not in data and b"Ada" not in data and b"secret" not in data


@pytest.mark.parametrize(
    "upload",
    [
        b"",
        SVG,
        HTML_IN_DISGUISE,
        b"%PDF-1.7 nothing",
        picture(form="TIFF"),
        picture(form="GIF"),
        HEIC,
        picture()[:-200],
        pixel_bomb(),
    ],
    ids=["nothing", "svg", "html", "pdf", "tiff", "gif", "heic", "cut short", "pixel bomb"],
)
def test_what_is_no_photo_is_refused(upload: bytes) -> None:
    with pytest.raises(BadRequestError):
        making.make_photo(upload)


def test_heic_is_refused_by_its_name() -> None:
    """Apple's phones write it; a browser on one sends JPEG, a mail program does not."""
    with pytest.raises(BadRequestError, match="HEIC") as refused:
        making.make_photo(HEIC)
    assert refused.value.code == "heic"


@pytest.mark.parametrize(
    ("mode", "colour", "form", "shown"),
    [
        ("CMYK", (0, 255, 255, 0), "JPEG", (254, 0, 0)),
        ("I;16", 128 * 256, "PNG", (128, 128, 128)),
        ("L", 40, "PNG", (40, 40, 40)),
        ("1", 0, "PNG", (0, 0, 0)),
        ("LA", (0, 0), "PNG", (255, 255, 255)),
        ("RGBA", (0, 0, 0, 0), "WEBP", (255, 255, 255)),
    ],
)
def test_whatever_it_is_painted_in_it_looks_the_same(
    mode: str, colour: object, form: str, shown: tuple[int, int, int]
) -> None:
    for data in making.make_photo(in_mode(mode, colour, form)):
        image = read(data)
        assert image.mode == "RGB" and image.getpixel((10, 10)) == shown


@pytest.mark.parametrize("orientation", range(1, 9))
def test_each_way_to_hold_the_phone_ends_upright(orientation: int) -> None:
    """The eight orientations of Exif 2.3, tag 0x0112; the sky is red."""
    sky = Image.new("RGB", (400, 200), "white")
    sky.paste("red", (0, 0, 400, 100))
    held = ImageOps.exif_transpose(_lying(sky, orientation))
    assert held.getpixel((200, 20)) == (255, 0, 0), "the test's own picture"
    out = io.BytesIO()
    exif = Image.Exif()
    exif[0x0112] = orientation
    _lying(sky, orientation).save(out, "PNG", exif=exif)
    for data in making.make_photo(out.getvalue()):
        image = read(data)
        top = image.getpixel((image.width // 2, image.height // 8))
        assert image.width > image.height and isinstance(top, tuple)
        assert top[0] > 200 > 60 > top[1]


def _lying(upright: Image.Image, orientation: int) -> Image.Image:
    """Return a picture as a camera held that way has it on its chip, and says so."""
    turned = upright
    for turn in {
        2: (Image.Transpose.FLIP_LEFT_RIGHT,),
        3: (Image.Transpose.ROTATE_180,),
        4: (Image.Transpose.FLIP_TOP_BOTTOM,),
        5: (Image.Transpose.TRANSPOSE,),
        6: (Image.Transpose.ROTATE_90,),
        7: (Image.Transpose.TRANSVERSE,),
        8: (Image.Transpose.ROTATE_270,),
    }.get(orientation, ()):
        turned = turned.transpose(turn)
    exif = turned.getexif()
    exif[0x0112] = orientation
    return turned


def test_the_process_has_its_limits(tmp_path: Path) -> None:
    """What took the decoder over could write no file, open none, and start nothing."""
    script = tmp_path / "taken_over.py"
    child = (Path(making.__file__).parent / "child.py").read_text()
    script.write_text(
        child.rpartition("\nif __name__")[0]
        + """
_limit()
for attempt in (lambda: open("/etc/hostname"), lambda: __import__("os").fork(),
                lambda: bytearray(2 * MEMORY_BYTES_MAX)):
    try:
        attempt()
        print("could")
    except (OSError, MemoryError):
        print("could not")
"""
    )
    done = subprocess.run([sys.executable, "-I", script], capture_output=True, text=True)
    said = done.stdout.split("\n")
    # The superuser of a container is not counted among the processes.
    assert (said[0], said[-2]) == ("could not", "could not"), done.stderr


@pytest.mark.parametrize("out", [b"", b"\x00\x00\x00\x03abc", b"\xff" * 99])
def test_what_the_process_says_is_not_believed(out: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(*args: Any, **kwargs: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.CompletedProcess([], 0, out, b"")

    monkeypatch.setattr(subprocess, "run", answer)
    with pytest.raises(BadRequestError):
        making.make_photo(picture())


def test_a_picture_that_takes_too_long_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(making, "SECONDS_MAX", 0.001)
    with pytest.raises(TryLaterError):
        making.make_photo(picture())


@pytest.mark.parametrize("name", ["../../keys.json", "A" * 64, "a" * 63, "a" * 64 + "\n", ""])
def test_nothing_but_a_hash_is_a_name(name: str) -> None:
    assert not is_name(name)


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path) as service:
        for code in ("SAW", "VISE"):
            ask(service, "item_add", code=code, change={"name": code})
        yield service


def test_a_photo_is_shown_until_it_is_taken_away(service: Service) -> None:
    photos, upload = service.photos, picture()
    photos.add("SAW", upload)
    (name,) = service.items.show("SAW").photos
    photos.add("SAW", upload)
    assert service.items.show("SAW").photos == (name,), "the same photo is there once"
    photos.attach("VISE", name)
    full = photos.find(name)
    assert full is not None and photos.find(name, small=True) is not None
    photos.take_away("SAW", name)
    assert full.exists(), "another item shows it"
    photos.take_away("VISE", name)
    assert not full.exists() and photos.find(name) is None
    with pytest.raises(NotFoundError):
        photos.take_away("SAW", name)


def test_an_item_has_only_so_many(service: Service) -> None:
    for number in range(PHOTOS_MAX):
        service.photos.attach("SAW", f"{number:064x}")
    with pytest.raises(ConflictError):
        service.photos.attach("SAW", "f" * 64)


def test_a_peers_photo_is_kept_as_sent_and_shown_as_made_safe(service: Service) -> None:
    import hashlib

    sent = with_metadata()
    name = hashlib.sha256(sent).hexdigest()
    service.photos.take_in(name, sent)
    shown = service.photos.find(name)
    assert shown is not None and b"Ada" not in shown.read_bytes()
    assert service.photos.folder.to_send(name) == sent
    with pytest.raises(BadRequestError):
        service.photos.take_in("0" * 64, sent)
