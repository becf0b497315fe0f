"""Labs for tests: founded in a folder, quick to make, with the service to use them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from fedlab.node import calls
from fedlab.node.config import Folder
from fedlab.node.founding import FoundedAnswer, found
from fedlab.node.service import Service


def found_lab(
    path: Path, name: str = "Atelier", place: tuple[float, float] | None = None, **other: Any
) -> FoundedAnswer:
    """Found a lab in a folder."""
    lat, lon = place or (None, None)
    said = {"network": "fedlab", "lang": "fr", **other}
    return found(Folder(path), name=name, lat=lat, lon=lon, **said)


@contextmanager
def opened_lab(path: Path, name: str = "Atelier", **other: Any) -> Iterator[Service]:
    """Found a lab and open its service."""
    found_lab(path, name, **other)
    with Service(Folder(path)) as service:
        yield service


def ask(service: Service, name: str, **params: Any) -> Any:
    """Do one call of the table, as command line and control endpoint do."""
    return calls.answer(service, name, params)
