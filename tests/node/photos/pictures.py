"""Pictures for tests, good and bad, made as they are needed."""

import io
import struct
import zlib

from PIL import Image


def picture(width: int = 640, height: int = 480, form: str = "JPEG", **other: object) -> bytes:
    """Return a picture with a red left half."""
    mode = "RGBA" if form in ("PNG", "WEBP") else "RGB"
    image = Image.new(mode, (width, height), "white")
    image.paste("red", (0, 0, width // 2, height))
    out = io.BytesIO()
    image.save(out, form, **other)
    return out.getvalue()


def with_metadata() -> bytes:
    """Return a JPEG lying on its side, with an owner, a place and a comment."""
    exif = Image.Exif()
    exif[0x0112] = 6  # orientation: turn a quarter to the right
    exif[0x013B] = "Ada Lovelace"
    gps = exif.get_ifd(0x8825)
    gps[1], gps[2] = "N", (48.0, 23.0, 24.0)
    gps[3], gps[4] = "W", (4.0, 29.0, 24.0)
    return picture(400, 200, exif=exif.tobytes(), comment=b"secret comment")


def pixel_bomb(side: int = 40_000) -> bytes:
    """Return a PNG of some kilobytes that says it has 1,600 million pixels."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        crc = zlib.crc32(kind + body)
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", crc)

    head = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    rows = zlib.compress(bytes(1000 * (side // 8 + 1)))
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def in_mode(mode: str, colour: object, form: str, size: tuple[int, int] = (2000, 1000)) -> bytes:
    """Return a picture of one colour, as scanners, printers and drawing programs write them."""
    out = io.BytesIO()
    Image.new(mode, size, colour).save(out, form)  # type: ignore[arg-type]
    return out.getvalue()


HEIC = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(400)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML_IN_DISGUISE = b"GIF89a<html><script>alert(1)</script>"
