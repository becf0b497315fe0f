"""A place is read from two numbers or from a map's link, and from nothing else."""

import pytest

from fedlab.inventory.placing import read_point

BREST = (48.3904, -4.4861)


@pytest.mark.parametrize(
    "text",
    [
        "48.3904, -4.4861",
        "  48.3904 -4.4861 ",
        "48.3904;-4.4861",
        "48,3904 ; -4,4861",
        "48,3904 -4,4861",
        "geo:48.3904,-4.4861?z=15",
        "https://map.example/?mlat=48.3904&mlon=-4.4861#map=15/1.0/2.0",
        "https://map.example/#map=15/48.3904/-4.4861&layers=N",
        "https://map.example/maps/place/Brest/@48.3904,-4.4861,15z/data=!3m1",
        "https://map.example/maps?q=48.3904,-4.4861",
        "https://map.example/maps?api=1&query=48.3904%2C-4.4861",
    ],
)
def test_a_place_is_read(text: str) -> None:
    assert read_point(text) == BREST


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Brest",
        "48.39",
        "48,39",
        "91, 0",
        "0, 181",
        "48.39.1, 2",
        "https://map.example/",
        "1e5, 2",
        "٤٨, 2",
        "9" * 3000 + ", 1",
    ],
)
def test_what_is_no_place_is_not_guessed(text: str) -> None:
    assert read_point(text) is None
