"""Distances on a sphere."""

import pytest

from fedlab.inventory.distance import EARTH_RADIUS_KM, Point, kilometres

BREST, PARIS = (48.39, -4.49), (48.88, 2.37)


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (BREST, BREST, 0.0),
        ((0.0, 0.0), (0.0, 1.0), 111.2),  # a degree of the equator: 2 pi r / 360
        ((0.0, 179.5), (0.0, -179.5), 111.2),  # across the date line
        ((90.0, 12.0), (-90.0, -50.0), 20_015.1),  # from pole to pole: pi r
    ],
)
def test_a_distance_is_along_a_great_circle(one: Point, other: Point, expected: float) -> None:
    assert kilometres(one, other) == kilometres(other, one) == expected


def test_brest_to_paris_as_the_crow_flies() -> None:
    assert 500 < kilometres(BREST, PARIS) < 510
    assert 6350 < EARTH_RADIUS_KM < 6380
