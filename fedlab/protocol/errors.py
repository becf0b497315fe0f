"""Whose fault a refusal is: ours, the carrier's that sent bytes, or the author's that signed."""

from typing import ClassVar, Literal

Fault = Literal["us", "carrier", "author"]


class ProtocolError(Exception):
    """A rule of the protocol was broken; raise one of the subclasses, which say by whom."""

    fault: ClassVar[Fault]
    hint: str = ""  # what the reader of the message can do about it

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        if hint:
            self.hint = hint


class LocalProtocolError(ProtocolError):
    """We made, or were asked for, something impossible."""

    fault: ClassVar[Fault] = "us"


class RemoteProtocolError(ProtocolError):
    """The carrier sent bytes that break the rules."""

    fault: ClassVar[Fault] = "carrier"


class AuthorError(RemoteProtocolError):
    """The author signed something that cannot be; it counts against the author, not the carrier."""

    fault: ClassVar[Fault] = "author"
