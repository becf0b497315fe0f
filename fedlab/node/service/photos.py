"""Photos of this lab's items: added, taken away, found."""

import hashlib
from pathlib import Path
from typing import Final

from fedlab.node.errors import BadRequestError, ConflictError, NotFoundError
from fedlab.node.photos.folder import PhotoFolder, is_name
from fedlab.node.photos.making import make_photo
from fedlab.node.service.answers import ItemAnswer, ItemDone
from fedlab.node.service.base import Opened
from fedlab.node.service.items import ItemChange, Items
from fedlab.protocol.limits import PHOTO_BYTES_MAX, PHOTOS_MAX

# Somebody has sent a photo, and goes on filling in the form.
UNSHOWN_S: Final = 86_400


class Photos:
    """The commands about photos."""

    def __init__(self, opened: Opened, items: Items) -> None:
        self._opened = opened
        self._items = items
        self.folder = PhotoFolder(opened.folder.photos)

    def prepare(self, upload: bytes) -> str:
        """Make what was sent safe, keep it, and return its name; takes a second, so any thread.

        Raises BadRequestError for what is no photo.
        """
        return self.folder.add(make_photo(upload))

    def attach(self, item: str, name: str) -> ItemDone:
        """Show a prepared photo with one of this lab's items, after those it has.

        Raises ConflictError where there are too many.
        """
        photos = self.check_own(item).photos
        if len(photos) >= PHOTOS_MAX and name not in photos:
            raise ConflictError(
                f"an item has at most {PHOTOS_MAX} photos",
                "take one away first",
                code="too_many_photos",
            )
        kept = tuple(one for one in photos if one != name)
        return self._items.set(item, ItemChange(photos=(*kept, name)))

    def add(self, item: str, upload: bytes) -> ItemDone:
        """Add a photo to one of this lab's items, from the bytes of a file."""
        self.check_own(item)
        return self.attach(item, self.prepare(upload))

    def take_away(self, item: str, name: str) -> ItemDone:
        """Take a photo away from an item, and off the disk if no other item shows it."""
        photos = self.check_own(item).photos
        if name not in photos:
            raise NotFoundError("this item has no such photo", "look at the item's page")
        done = self._items.set(item, ItemChange(photos=tuple(x for x in photos if x != name)))
        offered = self._opened.projector.offered(self._opened.lab)
        if not any(name in view.photos for _, view in offered):
            self.folder.remove(name)
        return done

    def find(self, name: str, *, small: bool = False) -> Path | None:
        """Return the file of a photo, or None if it is not here."""
        if not is_name(name):
            return None
        path = self.folder.thumb(name) if small else self.folder.full(name)
        return path if path.exists() else None

    def take_in(self, name: str, sent: bytes) -> None:
        """Keep a photo that a peer gave; raises BadRequestError if it is not the one asked for."""
        if len(sent) > PHOTO_BYTES_MAX or hashlib.sha256(sent).hexdigest() != name:
            raise BadRequestError("this is not the photo that was asked for", code="wrong_photo")
        if self.folder.has(name):
            return
        self.folder.add_sent(sent, make_photo(sent))

    def sweep(self, now: float) -> int:
        """Forget the photos that no item shows any more; return how many that were.

        That is: of retired items, of erased details, and what was passed on between peers.
        """
        shown: set[str] = set()
        for lab in self._opened.projector.counts():
            for _, view in self._opened.projector.offered(lab):
                shown.update(view.photos)
        return self.folder.drop_but(shown, now - UNSHOWN_S)

    def check_own(self, item: str) -> ItemAnswer:
        """Return one of this lab's items; raises NotFoundError or BadRequestError."""
        shown = self._items.show(item)
        if shown.lab != self._opened.lab:
            raise BadRequestError(
                "only the lab that owns an item can change it", "name one of this lab's items"
            )
        return shown
