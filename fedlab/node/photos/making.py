"""Hand a picture to the limited process, and judge what comes back."""

import subprocess
import sys
import threading
from pathlib import Path
from typing import Final, NamedTuple

from fedlab.node.errors import BadRequestError, TryLaterError
from fedlab.protocol.limits import PHOTO_BYTES_MAX, PHOTO_UPLOAD_BYTES_MAX

_CHILD: Final = Path(__file__).with_name("child.py")
# Its processor time is limited within; a Pi that does three other things still ends before this.
SECONDS_MAX: Final = 60.0
_JPEG: Final = b"\xff\xd8\xff"
# One at a time: each may take a gigabyte, and half of a Pi.
_one_at_a_time = threading.Lock()

_SAID: Final = {
    "no_photo": "this is not a photo in JPEG, PNG or WebP",
    "too_many_pixels": "this picture has too many pixels",
    "heic": "this is a photo in HEIC, which phones of Apple write",
    "broken": "this photo is damaged, or cut short",
}


class Photo(NamedTuple):
    """A photo that is safe to show, and the same small; JPEG without metadata."""

    full: bytes
    thumb: bytes


def make_photo(upload: bytes) -> Photo:
    """Return what somebody sent as a photo that is safe to show.

    Raises BadRequestError for what is none, and TryLaterError if this machine cannot now.
    """
    if len(upload) > PHOTO_UPLOAD_BYTES_MAX:
        raise BadRequestError(
            f"a photo has at most {PHOTO_UPLOAD_BYTES_MAX:,} bytes", "send a smaller one"
        )
    try:
        with _one_at_a_time:
            done = subprocess.run(  # noqa: S603  our own file, by our own interpreter
                [sys.executable, "-I", str(_CHILD), str(PHOTO_BYTES_MAX)],
                input=upload,
                capture_output=True,
                timeout=SECONDS_MAX,
                env={},
                check=False,
            )
    except (OSError, subprocess.TimeoutExpired) as exc:
        raise TryLaterError(
            "photos cannot be worked on now", "try again in a minute, or with a smaller one"
        ) from exc
    if done.returncode != 0:
        word = done.stderr.decode("ascii", "replace").strip()
        if word == "no_photo" and upload[4:8] == b"ftyp":  # ISO 23008-12: HEIC, and its kin
            word = "heic"
        raise BadRequestError(
            _SAID.get(word, _SAID["broken"]),
            "send a photo as JPEG, PNG or WebP",
            code="heic" if word == "heic" else "no_photo",
        )
    return _judged(done.stdout)


def _judged(out: bytes) -> Photo:
    """Split what the process wrote; it may have been taken over, so it is not believed either."""
    length = int.from_bytes(out[:4], "big")
    photo = Photo(out[4 : 4 + length], out[4 + length :])
    if (
        not all(part.startswith(_JPEG) and len(part) <= PHOTO_BYTES_MAX for part in photo)
        or len(photo.full) != length
    ):
        raise BadRequestError("this photo could not be made safe", "send another", code="no_photo")
    return photo
