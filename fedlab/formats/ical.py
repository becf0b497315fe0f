"""Calendars that other programs subscribe to: iCalendar, RFC 5545. Whole days, as loans are."""

import datetime
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

# RFC 5545, 3.1: a line is at most 75 octets, its CRLF left out.
LINE_BYTES_MAX: Final = 75
_PRODUCT: Final = "-//fedlab//fedlab//EN"
_EPOCH: Final = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


class Event(Struct, frozen=True, kw_only=True):
    """What takes from one day to another, both included; `at` is when it last changed."""

    uid: str
    day_from: str
    day_to: str
    summary: str
    description: str = ""
    location: str = ""
    url: str = ""
    tentative: bool = False
    at: int


def calendar(name: str, events: Sequence[Event]) -> bytes:
    """Return a calendar with its name; programs ask for it again and again."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{_PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        f"X-WR-CALNAME:{_text(name)}",
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
    ]
    for event in events:
        lines += _event(event)
    lines.append("END:VCALENDAR")
    return b"".join(_folded(line) for line in lines)


def _event(event: Event) -> list[str]:
    after = datetime.date.fromisoformat(event.day_to) + datetime.timedelta(days=1)
    stamp = (_EPOCH + datetime.timedelta(seconds=event.at)).strftime("%Y%m%dT%H%M%SZ")
    texts = (
        ("SUMMARY", event.summary),
        ("DESCRIPTION", event.description),
        ("LOCATION", event.location),
    )
    return [
        "BEGIN:VEVENT",
        f"UID:{_text(event.uid)}",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{event.day_from.replace('-', '')}",
        f"DTEND;VALUE=DATE:{after.strftime('%Y%m%d')}",  # the first day that is no part of it
        *(f"{name}:{_text(text)}" for name, text in texts if text),
        *([f"URL:{_line(event.url)}"] if event.url else []),
        f"STATUS:{'TENTATIVE' if event.tentative else 'CONFIRMED'}",
        "TRANSP:TRANSPARENT",  # whoever lends a saw is not away
        "END:VEVENT",
    ]


def _line(text: str) -> str:
    """Return a text on one line, without what would end the line or is no text."""
    return "".join(c for c in text if c.isprintable())


def _text(text: str) -> str:
    """Return a value of type TEXT (RFC 5545, 3.3.11)."""
    escaped = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(_line(line) for line in escaped.splitlines())


def _folded(line: str) -> bytes:
    """Return a line with its CRLF, folded between letters, never within one."""
    parts, size = [bytearray()], 0
    for letter in line:
        raw = letter.encode("utf-8", "replace")
        if size + len(raw) > LINE_BYTES_MAX:
            parts.append(bytearray(b" "))
            size = 1
        parts[-1] += raw
        size += len(raw)
    return b"\r\n".join(bytes(part) for part in parts) + b"\r\n"
