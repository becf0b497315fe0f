"""Inventories from files: planned, applied as one append, and taken back."""

from typing import TYPE_CHECKING

from fedlab.node.service.base import Opened

if TYPE_CHECKING:
    from fedlab.node.imports import ImportAnswer, Progress


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
        return self.run_told(data, filename, kind, mapping, dry_run, lambda step, done, of: None)

    def run_told(
        self,
        data: bytes,
        filename: str,
        kind: str | None,
        mapping: tuple[tuple[str, str], ...],
        dry_run: bool,
        tell: "Progress",
    ) -> "ImportAnswer":
        """Do the same, and tell how far it is: 20,000 rows take half a minute on a Pi."""
        from fedlab.node.imports import run_import  # late: the formats take their time

        lang = self._opened.projector.lab(self._opened.lab).lang
        return run_import(
            self._opened,
            data,
            filename,
            kind=kind,
            mapping=mapping,
            dry_run=dry_run,
            lang=lang,
            tell=tell,
        )

    def undo(self, dry_run: bool = False) -> "ImportAnswer":
        """Take the last import back; raises ConflictError if there is none."""
        from fedlab.node.imports import undo_import

        return undo_import(self._opened, dry_run=dry_run)
