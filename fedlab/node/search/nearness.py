"""How far and how fresh: what parts hits that answer equally well."""

from collections.abc import Mapping
from typing import Final

from fedlab.inventory.distance import Point, kilometres
from fedlab.node.search.asking import Whereabouts

NEAR_BONUS: Final = 0.04  # nearness and freshness only part what is equally good
NEAR_KM: Final = 20.0
FRESH_BONUS: Final = 0.02
FRESH_S: Final = 7 * 86_400.0
_PLACES_MAX: Final = 16  # places asked from; a thousand labs from each take 0.1 MB


class Distances:
    """How far labs are; worked out once for each place that is asked from."""

    def __init__(self) -> None:
        self._labs: Mapping[str, Whereabouts] | None = None
        self._known: dict[Point, dict[str, float]] = {}

    def of(self, labs: Mapping[str, Whereabouts], near: Point | None) -> dict[str, float]:
        """Return the kilometres to each lab whose place is known, the nearest lab first.

        Labs stay where they are as long as the same mapping is handed in.
        """
        if near is None:
            return {}
        if labs is not self._labs or len(self._known) >= _PLACES_MAX:
            self._labs, self._known = labs, {}
        known = self._known
        found = known.get(near)
        if found is None:
            found = known[near] = _distances(labs, near)
        return found


def _distances(labs: Mapping[str, Whereabouts], near: Point) -> dict[str, float]:
    far = {
        lab: kilometres(near, (where.lat, where.lon))
        for lab, where in labs.items()
        if where.lat is not None and where.lon is not None
    }
    return dict(sorted(far.items(), key=lambda pair: pair[1]))


def tie(distance: float | None, where: Whereabouts | None) -> float:
    """Return what parts hits that answer equally well: the nearer and the fresher first."""
    bonus = 0.0
    if distance is not None:
        bonus += NEAR_BONUS / (1 + distance / NEAR_KM)
    if where is not None and where.age_s is not None:
        bonus += FRESH_BONUS / (1 + max(0.0, where.age_s) / FRESH_S)
    return bonus
