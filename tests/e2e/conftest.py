"""What the tests with real processes ask for."""

from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

pytest.register_assert_rewrite("tests.e2e.nodes")

from tests.e2e.nodes import Lab, Room  # noqa: E402  its asserts are to be told like a test's

NewLab = Callable[..., Lab]


@pytest.fixture
def new_lab(tmp_path: Path) -> Iterator[NewLab]:
    """Found labs whose nodes do not outlive the test."""
    labs: list[Lab] = []

    def found(name: str, place: tuple[float, float] | None = None, room: Room | None = None) -> Lab:
        lab = Lab(tmp_path / name, name, place, room)
        labs.append(lab)
        return lab

    yield found
    for lab in labs:
        if lab.process is not None:
            with suppress(ProcessLookupError):
                lab.process.kill()
            with lab.process:
                lab.process.wait()
