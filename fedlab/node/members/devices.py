"""A device by its browser's own words, so that people recognise it in *my devices*."""

from typing import Final

from fedlab.protocol.limits import DEVICE_CHARS_MAX

# The first that is found counts: Edge says Chrome, and Chrome says Safari.
_BROWSERS: Final = (
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Chrome/", "Chrome"),
    ("CriOS/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS: Final = (
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("Mac OS", "Mac"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device_name(user_agent: str) -> str:
    """Return `Firefox, Android`; of a browser unknown here, the first word it says."""
    names = [
        next((name for mark, name in marks if mark in user_agent), "")
        for marks in (_BROWSERS, _SYSTEMS)
    ]
    known = ", ".join(name for name in names if name)
    return known or user_agent.partition(" ")[0][:DEVICE_CHARS_MAX]
