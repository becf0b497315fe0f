"""Distance rings: north is up, near is in the middle, and no dot covers another."""

import math

import msgspec
import pytest

from fedlab.inventory.distance import kilometres
from fedlab.node.web.rings import DOT, DOTS_MAX, RADIUS, bearing, draw

BREST = (48.39, -4.49)


class Lab(msgspec.Struct):
    own: bool
    lat: float | None
    lon: float | None
    distance_km: float | None = None


def around(*places: tuple[float, float]) -> list[Lab]:
    here = Lab(True, *BREST, 0.0)
    return [here, *(Lab(False, *place, kilometres(BREST, place)) for place in places)]


@pytest.mark.parametrize(
    "place, degrees",
    [((49.39, -4.49), 0), ((47.39, -4.49), 180), ((48.39, -3.49), 90), ((48.39, -5.49), -90)],
)
def test_the_compass(place: tuple[float, float], degrees: float) -> None:
    assert math.degrees(bearing(BREST, place)) == pytest.approx(degrees, abs=0.5)


def test_north_is_up_and_numbers_follow_the_list() -> None:
    drawing = draw(around((48.5, -4.49), (48.1, -4.49), (48.39, -1.0)))
    assert drawing is not None
    north, south, east = drawing.dots
    assert [dot.number for dot in drawing.dots] == [1, 2, 3]
    assert north.y < 0 < south.y
    assert east.x > abs(east.y)


def test_nearer_is_nearer_to_the_middle_and_all_is_within_the_outermost_ring() -> None:
    drawing = draw(around((48.42, -4.49), (48.9, -4.49), (48.88, 2.37)))
    assert drawing is not None
    radii = [math.hypot(dot.x, dot.y) for dot in drawing.dots]
    assert radii == sorted(radii)
    assert radii[-1] <= drawing.rings[-1].radius == RADIUS
    assert [ring.km for ring in drawing.rings] == [10, 50, 200, 1000]


def test_labs_in_one_house_do_not_cover_each_other() -> None:
    drawing = draw(around(*[BREST] * 8, (48.1, -1.7)))
    assert drawing is not None
    for i, one in enumerate(drawing.dots):
        assert math.hypot(one.x, one.y) > DOT  # this lab's own dot is free
        for other in drawing.dots[i + 1 :]:
            assert math.hypot(one.x - other.x, one.y - other.y) >= 2 * DOT


def test_a_crowd_is_cut_to_the_nearest() -> None:
    drawing = draw(around(*[(48.39 + n / 100, -4.49) for n in range(200)]))
    assert drawing is not None
    assert [dot.number for dot in drawing.dots] == list(range(1, DOTS_MAX + 1))


def test_without_places_there_is_no_drawing() -> None:
    assert draw([]) is None
    assert draw(around()) is None
    assert draw([Lab(True, None, None), Lab(False, *BREST)]) is None
    assert draw([Lab(True, *BREST, 0.0), Lab(False, None, None)]) is None
