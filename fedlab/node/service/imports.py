"""Inventories from files: planned, applied as one append, and taken back."""

from fedlab.node.service.base import Opened


class Imports:
    """The commands about imports."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def run(self) -> None: ...
    def undo(self) -> None: ...
