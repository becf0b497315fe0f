"""Inventories from files: planned, applied as one append, and taken back."""

from typing import TYPE_CHECKING

from fedlab.node.service.base import Opened

if TYPE_CHECKING:
    from fedlab.node.imports import ImportAnswer


class Imports:
    """The commands about imports."""

    def __init__(self, opened: Opened) -> None:
        self._opened = opened

    def run(
        self,
        data: bytes,
        filename: str,
        kind: str | None = None,
        mapping: tuple[tuple[str, str], ...] = (),
        dry_run: bool = False,
    ) -> "ImportAnswer":
        """Import a file; `mapping` is (field, column), and a dry run only tells what would be."""
        from fedlab.node.imports import run_import  # late: the formats take their time

        lang = self._opened.projector.lab(self._opened.lab).lang
        return run_import(
            self._opened, data, filename, kind=kind, mapping=mapping, dry_run=dry_run, lang=lang
        )

    def undo(self, dry_run: bool = False) -> "ImportAnswer":
        """Take the last import back; raises ConflictError if there is none."""
        from fedlab.node.imports import undo_import

        return undo_import(self._opened, dry_run=dry_run)
