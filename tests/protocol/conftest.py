"""What the tests of the sync share: two labs of which one is the victim, and a spy."""

import pytest

from fedlab.protocol import frames

from .nodes import Lab, Node


@pytest.fixture
def bert() -> Lab:
    return Lab("bert")


@pytest.fixture
def anna(bert: Lab) -> Node:
    """The victim, who vouches for Bert and Carl."""
    return Node(Lab("anna"), vouches=[bert, Lab("carl")])


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[frames.Frame]:
    """Every frame that any node of the test makes, in order."""
    spoken: list[frames.Frame] = []
    real = frames.encode_frame

    def spy(frame: frames.Frame) -> bytes:
        spoken.append(frame)
        return real(frame)

    monkeypatch.setattr(frames, "encode_frame", spy)
    monkeypatch.setattr("fedlab.protocol.serving.encode_frame", spy)
    return spoken
