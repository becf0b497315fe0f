"""A process that makes one photo safe, and can do nothing else: bytes in, bytes out.

It is run as a file of its own, by `making.py`, with limits on memory, time and files: whatever a
picture does to the decoder, it does it here. On standard output: the length of the photo as
u32be, the photo, the thumbnail, both JPEG without metadata. On standard error, one word when it
cannot be done. It imports nothing of fedlab, so that starting it takes a tenth of a second.
"""

import io
import resource
import sys
import warnings

from PIL import Image, ImageOps, UnidentifiedImageError

# What phones and cameras give; everything else (SVG, HTML, PDF, TIFF …) has no decoder here.
FORMATS = ("JPEG", "PNG", "WEBP")
SIDE_MAX = 1600
THUMB_SIDE_MAX = 320
# The largest sensors of phones that send full pictures have 50 million pixels.
PIXELS_MAX = 64_000_000
# 64 million pixels twice, in four bytes each, and the interpreter.
MEMORY_BYTES_MAX = 1024**3
CPU_SECONDS_MAX = 20
QUALITIES = (82, 70, 55, 40)


def main() -> int:
    """Make the photo on standard input safe; return 0, or 1 after a word about what is wrong."""
    photo_bytes_max = int(sys.argv[1])
    _limit()
    warnings.simplefilter("ignore")
    Image.MAX_IMAGE_PIXELS = None  # counted below, before anything is decoded
    try:
        with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=FORMATS) as image:
            if image.width * image.height > PIXELS_MAX:
                return _say("too_many_pixels")
            image.draft("RGB", (SIDE_MAX, SIDE_MAX))  # JPEG alone decodes smaller, and quicker
            safe = _plain(image)
        photo = _encoded(safe, photo_bytes_max)
        safe.thumbnail((THUMB_SIDE_MAX, THUMB_SIDE_MAX), Image.Resampling.LANCZOS)
        thumb = _encoded(safe, photo_bytes_max)
    except UnidentifiedImageError:
        return _say("no_photo")
    except MemoryError:
        return _say("too_many_pixels")
    except Exception:  # a decoder raises whatever it likes over broken bytes
        return _say("broken")
    sys.stdout.buffer.write(len(photo).to_bytes(4, "big") + photo + thumb)
    return 0


def _limit() -> None:
    for kind, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES_MAX),
        (resource.RLIMIT_CPU, CPU_SECONDS_MAX),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    Image.init()  # decoders are loaded before no more files may be opened
    resource.setrlimit(resource.RLIMIT_NOFILE, (3, 3))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))


def _plain(image: Image.Image) -> Image.Image:
    """Return the pixels alone: upright, on white, no larger than a screen shows."""
    if image.mode.startswith("I"):  # 16 bits of grey: what is converted as it is, turns white
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    image.thumbnail((SIDE_MAX, SIDE_MAX), Image.Resampling.LANCZOS)
    upright = ImageOps.exif_transpose(image)
    if upright.mode in ("RGBA", "LA", "PA") or "transparency" in upright.info:
        seen = upright.convert("RGBA")
        ground = Image.new("RGBA", seen.size, "white")
        upright = Image.alpha_composite(ground, seen)
    return Image.frombytes("RGB", upright.size, upright.convert("RGB").tobytes())


def _encoded(image: Image.Image, most: int) -> bytes:
    for quality in QUALITIES:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, optimize=True)
        if out.tell() <= most:
            break
    return out.getvalue()


def _say(word: str) -> int:
    sys.stderr.write(word)
    return 1


if __name__ == "__main__":
    sys.exit(main())
