"""Where a node is reached, and what is said when its port is taken."""

import errno
import socket
from collections.abc import Iterator

import pytest

from fedlab.node.addresses import (
    can_listen,
    cannot_listen,
    check_public_url,
    next_free_port,
    node_urls,
)
from fedlab.node.errors import BadRequestError, Exit

HOST = "127.0.0.1"


@pytest.fixture
def taken() -> Iterator[int]:
    """A port on which somebody listens."""
    with socket.create_server((HOST, 0)) as server:
        yield server.getsockname()[1]


def test_a_node_on_one_address_is_reached_there() -> None:
    assert node_urls(HOST, 7390, None) == ["http://127.0.0.1:7390"]
    assert node_urls("::1", 7390, None) == ["http://[::1]:7390"]


def test_the_public_url_is_handed_out_first() -> None:
    assert node_urls(HOST, 7390, "https://lab.example")[0] == "https://lab.example"


@pytest.mark.parametrize("url", ["lab.example", "ftp://lab", "http://", "http://x/?q=1", "x"])
def test_a_public_url_that_is_none_is_refused(url: str) -> None:
    with pytest.raises(BadRequestError):
        check_public_url(url)


def test_a_public_url_may_have_a_path() -> None:
    assert check_public_url("https://town.example/fablab/") == "https://town.example/fablab"


def test_a_taken_port_names_the_next_free_one(taken: int) -> None:
    error = cannot_listen(OSError(errno.EADDRINUSE, "in use"), HOST, taken)
    assert (error.code, error.exit_code) == ("port_in_use", Exit.TRY_LATER)
    assert f"port {taken} is in use" in error.message
    free = next_free_port(HOST, taken + 1)
    assert free is not None
    assert f"--port {free}, which is free" in error.hint
    assert can_listen(HOST, free)
    assert not can_listen(HOST, taken)


def test_ports_in_a_row_avoid_the_taken_one(taken: int) -> None:
    first = next_free_port(HOST, taken - 1, 3)
    assert first is not None
    assert first > taken


def test_a_low_port_or_a_foreign_address_is_a_matter_of_configuration() -> None:
    for number in (errno.EACCES, errno.EADDRNOTAVAIL):
        error = cannot_listen(OSError(number, ""), "203.0.113.1", 80)
        assert error.exit_code == Exit.CONFIGURATION
        assert error.hint
