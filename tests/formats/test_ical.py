"""Calendars as RFC 5545 has them: folded lines, escaped texts, days that end the day after."""

import re

from hypothesis import given
from hypothesis import strategies as st

from fedlab.formats.ical import LINE_BYTES_MAX, Event, calendar

EVENT = Event(
    uid="ab@fedlab",
    day_from="2026-12-30",
    day_to="2026-12-31",
    summary="Scie; lame, neuve\\",
    at=1_763_856_000,
)


def unfolded(raw: bytes) -> list[str]:
    """Read lines as a program does that subscribes."""
    assert raw.endswith(b"\r\n") and b"\n" not in raw.replace(b"\r\n", b"")
    assert all(len(line) <= LINE_BYTES_MAX for line in raw.split(b"\r\n"))
    return raw.replace(b"\r\n ", b"").decode().split("\r\n")[:-1]


def test_a_calendar() -> None:
    lines = unfolded(calendar("Prêts", [EVENT]))
    assert lines[:3] == ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//fedlab//fedlab//EN"]
    at = lines.index("BEGIN:VEVENT")
    assert lines[at + 1 : at + 6] == [
        "UID:ab@fedlab",
        "DTSTAMP:20251123T000000Z",
        "DTSTART;VALUE=DATE:20261230",
        "DTEND;VALUE=DATE:20270101",
        "SUMMARY:Scie\\; lame\\, neuve\\\\",
    ]
    assert "STATUS:CONFIRMED" in lines and lines[-1] == "END:VCALENDAR"
    assert "X-WR-CALNAME:Prêts" in lines


@given(st.text(max_size=300))
def test_no_text_adds_a_line_or_breaks_a_letter(text: str) -> None:
    event = Event(uid="1", day_from="2026-01-01", day_to="2026-01-01", summary=text, url=text, at=0)
    plain = Event(uid="1", day_from="2026-01-01", day_to="2026-01-01", summary="", at=0)
    lines = unfolded(calendar(text, [event]))
    names = [re.split("[:;]", line)[0] for line in lines]
    assert [name for name in names if name not in ("SUMMARY", "URL")] == [
        re.split("[:;]", line)[0] for line in unfolded(calendar("", [plain]))
    ]
