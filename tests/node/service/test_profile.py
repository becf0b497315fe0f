"""What a lab says of itself is changed field by field, and only signed when it changes."""

from pathlib import Path
from typing import Any

import pytest

from fedlab.node.errors import BadRequestError
from tests.node.labs import ask, opened_lab


def test_fields_are_changed_one_by_one_and_cleared(tmp_path: Path) -> None:
    with opened_lab(tmp_path, "Atelier", place=(48.39, -4.49)) as service:
        ask(service, "profile_set", change={"hours": "Mo-Fr 09:00-18:00", "form": "association"})
        said = ask(service, "profile_set", change={"name": " Atelier  du port ", "kind": "fab_lab"})
        shown = [said[field] for field in ("name", "hours", "form", "kind", "lat", "lon", "lang")]
        assert shown == [
            "Atelier du port", "Mo-Fr 09:00-18:00", "association", "fab_lab", 48.39, -4.49, "fr",
        ]  # fmt: skip
        said = ask(
            service, "profile_set", change={"hours": "", "form": None, "lat": None, "lon": None}
        )
        assert (said["hours"], said["form"], said["lat"], said["kind"]) == ("", "", None, "fab_lab")


def test_what_changes_nothing_is_not_signed_again(tmp_path: Path) -> None:
    with opened_lab(tmp_path) as service:
        ask(service, "profile_set", change={"contact": "01 02 03 04 05"})
        size = ask(service, "status")["size"]
        ask(service, "profile_set", change={"contact": "01 02 03 04 05"})
        assert ask(service, "status")["size"] == size


@pytest.mark.parametrize(
    "change",
    [
        {"name": ""},
        {"name": "x" * 121},
        {"form": "empire"},
        {"lang": "de"},
        {"lat": 48.0},
        {"lat": 91.0, "lon": 0.0},
        {"url": "javascript:alert(1)"},
        {"motto": "unknown field"},
        {"description": "x" * 2001},
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_signed(
    tmp_path: Path, change: dict[str, Any]
) -> None:
    with opened_lab(tmp_path) as service:
        size = ask(service, "status")["size"]
        with pytest.raises(BadRequestError):
            ask(service, "profile_set", change=change)
        assert ask(service, "status")["size"] == size
