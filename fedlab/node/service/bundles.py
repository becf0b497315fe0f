"""Logs in a file, carried between places."""

import time
from pathlib import Path
from typing import TYPE_CHECKING

from fedlab.node.service.answers import BundleAnswer
from fedlab.node.service.base import Opened

if TYPE_CHECKING:
    from fedlab.node.bundles import Carried


class Bundles:
    """The commands about bundles; paths are absolute, since a node stands elsewhere."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def write(self, path: str, since: str | None = None) -> BundleAnswer:
        """Write what peers are told of into a file, or only what another bundle lacks."""
        from fedlab.node.bundles import write_bundle_file  # late: few commands carry bundles

        before = Path(since) if since else None
        return _answer(
            write_bundle_file(
                self._opened.store,
                self._opened.horizon(),
                Path(path),
                wall=time.time(),
                since=before,
            )
        )

    def read(self, path: str) -> BundleAnswer:
        """Take from a file whatever is not held, checked as if a peer had sent it."""
        from fedlab.node.bundles import read_bundle_file

        opened = self._opened
        carried = read_bundle_file(
            opened.store, opened.writer, opened.horizon(), Path(path), wall=time.time()
        )
        opened.refresh()
        return _answer(carried)


def _answer(carried: "Carried") -> BundleAnswer:
    return BundleAnswer(carried.labs, carried.entries, carried.problems)
