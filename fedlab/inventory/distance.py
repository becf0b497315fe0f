"""How far apart two places on Earth are."""

import math
from typing import Final

Point = tuple[float, float]  # latitude and longitude in decimal degrees
EARTH_RADIUS_KM: Final = 6371.0088  # the mean of WGS 84's, IUGG


def kilometres(one: Point, other: Point) -> float:
    """Return the distance along a great circle, to 100 m."""
    lat1, lon1, lat2, lon2 = (math.radians(angle) for angle in (*one, *other))
    # Haversine: exact enough also for places in one street.
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return round(2 * EARTH_RADIUS_KM * math.asin(math.sqrt(min(1.0, half))), 1)
