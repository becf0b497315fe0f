"""Reading where something is from what people paste: two numbers, or a link to a map.

    48.39, -4.49      48,39 ; -4,49      geo:48.39,-4.49      https://…#map=15/48.39/-4.49

Maps on the web give coordinates away in their links: `mlat=…&mlon=…`, `#map=zoom/lat/lon`,
`@lat,lon,zoom`, `q=lat,lon`, and `geo:` is RFC 5870. Nothing is fetched.
"""

import re
from typing import Final

from fedlab.inventory.distance import Point

# Longer than any map's link with its layers.
PLACE_CHARS_MAX: Final = 2_000
_NUMBER: Final = r"([+-]?[0-9]{1,3}(?:\.[0-9]{1,15})?)"
_WAYS: Final = tuple(
    re.compile(way)
    for way in (
        rf"[?&#]mlat={_NUMBER}&mlon={_NUMBER}(?![0-9.])",
        rf"#map=[0-9.]{{1,6}}/{_NUMBER}/{_NUMBER}(?![0-9.])",
        rf"/@{_NUMBER},{_NUMBER}(?![0-9.])",
        rf"[?&](?:q|query|ll|center)={_NUMBER}(?:,|%2C){_NUMBER}(?![0-9.])",
        rf"^geo:{_NUMBER},{_NUMBER}(?![0-9.])",
        rf"^{_NUMBER}\s*[,;\s]\s*{_NUMBER}$",
    )
)
# As French keyboards write numbers; the comma cannot part the two numbers as well.
_WITH_COMMAS: Final = re.compile(
    r"^([+-]?[0-9]{1,3}),([0-9]{1,15})\s*[;\s]\s*([+-]?[0-9]{1,3}),([0-9]{1,15})$"
)


# May be one number in French: who means two whole numbers puts a space between.
_ONE_NUMBER: Final = re.compile(r"[+-]?[0-9]+,[0-9]+")


def read_point(text: str) -> Point | None:
    """Return latitude and longitude in decimal degrees; None where the text names no place."""
    text = text.strip()
    if len(text) > PLACE_CHARS_MAX or _ONE_NUMBER.fullmatch(text):
        return None
    if commas := _WITH_COMMAS.match(text):
        text = f"{commas[1]}.{commas[2]} {commas[3]}.{commas[4]}"
    for way in _WAYS:
        if found := way.search(text):
            lat, lon = float(found[1]), float(found[2])
            return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None
    return None
