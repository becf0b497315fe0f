"""Small parts of the answering half; the whole of it is tested between two nodes."""

import pytest

from fedlab.protocol.serving import runs


@pytest.mark.parametrize(
    ("indexes", "expected"),
    [
        ([], []),
        ([7], [(7, 8)]),
        ([0, 1, 2], [(0, 3)]),
        ([0, 2, 3, 9], [(0, 1), (2, 4), (9, 10)]),
    ],
)
def test_neighbours_are_read_together(indexes: list[int], expected: list[tuple[int, int]]) -> None:
    assert list(runs(indexes)) == expected
