"""Logs in a file, carried between places."""

from fedlab.node.service.answers import BundleAnswer
from fedlab.node.service.base import Opened


class Bundles:
    """The commands about bundles."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def write(self, path: str, since: str | None = None) -> BundleAnswer:
        raise NotImplementedError

    def read(self, path: str) -> BundleAnswer:
        raise NotImplementedError
