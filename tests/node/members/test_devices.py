"""Devices by what their browsers say."""

import pytest

from fedlab.node.members.devices import device_name


@pytest.mark.parametrize(
    "user_agent, name",
    [
        (
            "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
            "Firefox, Linux",
        ),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/140.0 Mobile Safari/537.36", "Chrome, Android"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604.1", "Safari, iPhone"),
        ("curl/8.5.0 and more", "curl/8.5.0"),
        ("", ""),
        ("x" * 500, "x" * 80),
    ],
)
def test_a_device_has_a_name_that_people_know(user_agent: str, name: str) -> None:
    assert device_name(user_agent) == name
