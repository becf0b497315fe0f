"""Distances on a sphere."""

import pytest

from fedlab.inventory.distance import Point, kilometres

PARIS, LONDON = (48.8566, 2.3522), (51.5074, -0.1278)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (PARIS, PARIS, 0.0),
        (PARIS, LONDON, 343.6),
        ((0.0, 0.0), (0.0, 1.0), 111.2),  # a degree of the equator: 2 pi r / 360
        ((0.0, 179.5), (0.0, -179.5), 111.2),  # across the date line
        ((90.0, 12.0), (-90.0, -50.0), 20_015.1),  # from pole to pole: pi r
    ],
)
def test_a_distance_is_along_a_great_circle(one: Point, other: Point, expected: float) -> None:
    assert kilometres(one, other) == kilometres(other, one) == expected
