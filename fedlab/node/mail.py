"""Sending one mail through the lab's own provider; fedlab works without any."""

import re
from email.headerregistry import Address
from email.message import EmailMessage
from typing import Final, Literal

import msgspec

from fedlab.protocol.limits import EMAIL_CHARS_MAX

# A slow provider answers in seconds; a page waits for the trial mail.
SEND_SECONDS: Final = 20.0
_EMAIL: Final = re.compile(r"[^\s@,;:<>\"()\[\]\\]+@[^\s@,;:<>\"()\[\]\\]+\.[^\s@,;:<>\"()\[\]\\]+")
_HOST: Final = re.compile(r"[A-Za-z0-9.:-]{1,253}")


class MailSettings(msgspec.Struct, frozen=True):
    """The provider's server and the lab's account there; `sender` is the lab's address."""

    host: str
    sender: str
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = ""


class MailError(Exception):
    """The server did not take a mail; `text` is what it said."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


def is_email(text: str) -> bool:
    """Say whether that is one mail address, and nothing that a header could be made of."""
    return (
        len(text) <= EMAIL_CHARS_MAX and _EMAIL.fullmatch(text) is not None and text.isprintable()
    )


def check_settings(settings: MailSettings) -> str:
    """Return the name of the first field that cannot be, or nothing."""
    if not _HOST.fullmatch(settings.host):
        return "host"
    if not 0 < settings.port < 65_536:
        return "port"
    if not is_email(settings.sender):
        return "sender"
    if max(len(settings.user), len(settings.password)) > EMAIL_CHARS_MAX:
        return "user"
    if settings.password and settings.security == "none":
        return "security"  # a password never goes over the line in clear
    return ""


async def send_mail(
    settings: MailSettings, lab_name: str, to: str, subject: str, text: str
) -> None:
    """Hand one mail to the server; raise MailError if it does not take it."""
    import aiosmtplib  # late: a node without mail needs none

    message = EmailMessage()
    message["From"] = Address(" ".join(lab_name.splitlines()), addr_spec=settings.sender)
    message["To"] = to
    message["Subject"] = " ".join(subject.splitlines())
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday message answers it
    message.set_content(text)
    try:
        await aiosmtplib.send(
            message,
            hostname=settings.host,
            port=settings.port,
            username=settings.user or None,
            password=settings.password or None,
            use_tls=settings.security == "tls",
            start_tls=settings.security == "starttls",
            timeout=SEND_SECONDS,
        )
    except (aiosmtplib.SMTPException, OSError, ValueError) as exc:
        raise MailError(" ".join(str(exc).split()) or type(exc).__name__) from exc
