"""Sheets as they are sold, codes as phones read them, names as they fit."""

import re

import pytest
import segno

from fedlab.formats.labels import SHEETS, TYPE_SIZES, Sheet, fit_name, label_url, qr_path

LAB = "0a" * 32


# From the makers' templates: labels a sheet, size, and where the first one begins, in mm.
@pytest.mark.parametrize(
    "key, labels, size, corner",
    [
        ("L7160", 21, (63.5, 38.1), (7.25, 15.15)),
        ("L7159", 24, (63.5, 33.9), (7.25, 12.9)),
        ("L7654", 40, (45.7, 25.4), (9.7, 21.5)),
        ("L7651", 65, (38.1, 21.2), (4.75, 10.7)),
    ],
)
def test_a_sheet_is_as_it_is_sold(
    key: str, labels: int, size: tuple[float, float], corner: tuple[float, float]
) -> None:
    sheet = SHEETS[key]
    assert sheet.labels == labels
    assert tuple(side / 100 for side in sheet.label) == size
    assert tuple(side / 100 for side in sheet.corner) == corner


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=lambda sheet: sheet.key)
def test_no_label_leaves_its_sheet(sheet: Sheet) -> None:
    right = sheet.corner[0] + sheet.columns * sheet.label[0] + (sheet.columns - 1) * sheet.gap
    bottom = sheet.corner[1] + sheet.rows * sheet.label[1]
    assert right <= sheet.page[0] and bottom <= sheet.page[1]
    assert sheet.qr <= sheet.label[1] and sheet.text[0] > 0


def test_a_code_says_the_address_in_capitals() -> None:
    url = label_url("http://fedlab.local:7390", LAB, "drill-2")
    assert url == f"HTTP://FEDLAB.LOCAL:7390/I/{LAB.upper()}/DRILL-2"
    assert segno.make_qr(url, error="l").mode == "alphanumeric"


def test_a_path_of_the_address_keeps_its_case() -> None:
    assert (
        label_url("https://a.example/Lab", LAB, "X") == f"HTTPS://A.EXAMPLE/Lab/I/{LAB.upper()}/X"
    )


def test_capitals_make_a_smaller_code() -> None:
    url = label_url("http://fedlab.local:7390", LAB, "DRILL-2")
    assert qr_path(url)[0] < qr_path(url.lower())[0]


@pytest.mark.parametrize("sheet", SHEETS.values(), ids=lambda sheet: sheet.key)
def test_a_phone_can_read_the_smallest_code(sheet: Sheet) -> None:
    """A module of 0.4 mm is read at 20 cm by any phone of the last ten years."""
    side, _ = qr_path(label_url("https://inventory.some-long-name.example", LAB, "A" * 32))
    assert sheet.qr / side >= 40


def test_strokes_cover_the_dark_modules_and_no_others() -> None:
    url = label_url("http://fedlab.local:7390", LAB, "DRILL-2")
    side, path = qr_path(url)
    dark = {
        (int(x) + step, int(y))
        for x, y, width in re.findall(r"M(\d+) (\d+)\.5h(\d+)", path)
        for step in range(int(width))
    }
    matrix = segno.make_qr(url, error="l", boost_error=True).matrix
    assert side == len(matrix) + 8
    assert dark == {
        (x + 4, y + 4) for y, row in enumerate(matrix) for x, module in enumerate(row) if module
    }


def test_names_shrink_before_they_are_cut() -> None:
    sheet = SHEETS["L7160"]
    sizes = [fit_name("Perceuse visseuse " * many, sheet)[0] for many in range(1, 12)]
    assert sizes == sorted(sizes, reverse=True) and sizes[0] == TYPE_SIZES[0]
    size, cut = fit_name("Perceuse visseuse " * 100, sheet)
    assert size == TYPE_SIZES[-1] and cut.endswith("…") and len(cut) < 600
    assert fit_name("x" * 300, SHEETS["L7651"])[1].endswith("…")
