"""Labs around this one, as distance rings: drawn by the node itself, from nothing but places.

The drawing is a help for the eye: everything in it stands in the list beside it, too, where each
lab has the same number. North is up. Near labs get more room than far ones: the scale is a
logarithm, for most of what one fetches is in the same town.
"""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Final, NamedTuple, Protocol

import msgspec

# The outermost ring's radius, in the units of the drawing's viewBox.
RADIUS: Final = 100.0
# More dots than this no phone can show apart; the nearest are drawn.
DOTS_MAX: Final = 60
DOT: Final = 5.5
# Below this distance one walks: the logarithm begins there.
NEAR_KM: Final = 3.0
_RINGS_KM: Final = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_100)
_GAP: Final = 18.0
# A dot that would cover another goes round the ring in steps of this until it is free.
_STEP: Final = math.radians(7)
_STEPS: Final = 51


class Placed(Protocol):
    """What of a lab is drawn."""

    @property
    def own(self) -> bool: ...
    @property
    def lat(self) -> float | None: ...
    @property
    def lon(self) -> float | None: ...
    @property
    def distance_km(self) -> float | None: ...


class Dot(msgspec.Struct, frozen=True):
    """One lab; `number` is its place in the list, from 1."""

    number: int
    x: float
    y: float


class Ring(msgspec.Struct, frozen=True):
    """A circle around this lab."""

    km: int
    radius: float


class Rings(msgspec.Struct, frozen=True):
    """The drawing."""

    rings: list[Ring]
    dots: list[Dot]


class _Spot(NamedTuple):
    own: bool
    lat: float | None
    lon: float | None
    distance_km: float | None


def draw(labs: Sequence[Placed]) -> Rings | None:
    """Return the drawing of labs in the order of their list; None where no place is known."""
    return _drawn(tuple(_Spot(lab.own, lab.lat, lab.lon, lab.distance_km) for lab in labs))


@lru_cache(maxsize=4)  # labs do not move, and finding room for sixty dots takes 10 ms
def _drawn(labs: tuple[_Spot, ...]) -> Rings | None:
    own = next((lab for lab in labs if lab.own), None)
    if own is None or own.lat is None or own.lon is None:
        return None
    others = [
        (number, lab)
        for number, lab in enumerate((lab for lab in labs if not lab.own), 1)
        if lab.distance_km is not None and lab.lat is not None and lab.lon is not None
    ]
    others = sorted(others, key=lambda one: one[1].distance_km or 0.0)[:DOTS_MAX]
    if not others:
        return None
    farthest = max(lab.distance_km or 0.0 for _, lab in others)
    outermost = next((km for km in _RINGS_KM if km >= farthest), _RINGS_KM[-1])
    rings = _rings(outermost)
    dots: list[Dot] = []
    for number, lab in others:
        assert lab.lat is not None and lab.lon is not None
        angle = bearing((own.lat, own.lon), (lab.lat, lab.lon))
        dots.append(_place(number, angle, _radius(lab.distance_km or 0.0, outermost), dots))
    return Rings(rings, dots)


def _rings(outermost: int) -> list[Ring]:
    """Return the rings, the outermost last, with room between any two for its distance."""
    rings = [Ring(outermost, RADIUS)]
    for km in reversed(_RINGS_KM[: _RINGS_KM.index(outermost)]):
        ring = Ring(km, _radius(km, outermost))
        if _GAP <= ring.radius <= rings[0].radius - _GAP:
            rings.insert(0, ring)
    return rings


def bearing(one: tuple[float, float], other: tuple[float, float]) -> float:
    """Return in which direction another place lies, in radians from north by east."""
    lat1, lon1, lat2, lon2 = (math.radians(angle) for angle in (*one, *other))
    east = math.sin(lon2 - lon1) * math.cos(lat2)
    north = math.cos(lat1) * math.sin(lat2) - math.sin(lat1) * math.cos(lat2) * math.cos(
        lon2 - lon1
    )
    return math.atan2(east, north)


def _radius(km: float, outermost: float) -> float:
    """Return how far from the middle a distance is drawn; never on this lab's own dot."""
    share = math.log1p(km / NEAR_KM) / math.log1p(outermost / NEAR_KM)
    return round(max(2.5 * DOT, share * RADIUS), 1)


def _place(number: int, angle: float, radius: float, dots: Sequence[Dot]) -> Dot:
    """Return a dot at that place, or beside it where nothing is: round the ring, then farther out.

    The sixty dots there are at most take a sixth of the drawing, so there is always room.
    """
    for outward in range(DOTS_MAX):
        for step in range(_STEPS):
            turn = _STEP * ((step + 1) // 2) * (1 if step % 2 else -1)
            dot = _dot(number, angle + turn, radius + outward * 2 * DOT)
            if all(math.hypot(dot.x - other.x, dot.y - other.y) >= 2 * DOT for other in dots):
                return dot
    return _dot(number, angle, radius)


def _dot(number: int, angle: float, radius: float) -> Dot:
    return Dot(number, round(radius * math.sin(angle), 1), round(-radius * math.cos(angle), 1))
