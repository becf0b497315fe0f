"""A running node's rounds at the counter: holds kept up to the day, reminders made and mailed."""

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import Final

from aiohttp import web

from fedlab.node.app import Node
from fedlab.node.mail import MailError, MailSettings, send_mail
from fedlab.node.service.counteranswers import LoanAnswer, ReminderAnswer
from fedlab.node.web.i18n import Language, language
from fedlab.node.web.keys import NODE

# Days change at midnight and mails fail for minutes: nobody waits for a reminder.
ROUND_SECONDS: Final = 300.0
# The first round waits until the node has its peers and people their pages.
FIRST_SECONDS: Final = 20.0

_log = logging.getLogger("fedlab.counter")


async def make_rounds(app: web.Application) -> AsyncIterator[None]:
    """Go round for as long as the application runs."""
    task = asyncio.create_task(_rounds(app[NODE]))
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _rounds(node: Node) -> None:
    await asyncio.sleep(FIRST_SECONDS)
    while True:
        try:
            await go_round(node)
        except Exception:
            # Whatever it was, the next round may do: loans and pages must go on meanwhile.
            _log.exception("a round of the counter failed")
        await asyncio.sleep(ROUND_SECONDS)


async def go_round(node: Node) -> None:
    """Do what the day asks for, once."""
    reminders = node.service.reminders
    if await node.write(reminders.work) and node.driver is not None:
        node.driver.published()
    settings = await node.read(reminders.mail)
    if settings is None:
        return
    for reminder in await node.read(reminders.to_send):
        await _send(node, settings, reminder)


async def _send(node: Node, settings: MailSettings, reminder: ReminderAnswer) -> None:
    own = node.service.own()
    subject, text = reminder_text(language(own.lang or "fr"), own.name, reminder.loan)
    reminders = node.service.reminders
    try:
        await send_mail(settings, own.name, reminder.loan.email, subject, text)
    except MailError as exc:
        _log.warning("reminder %s was not sent: %s", reminder.reminder, exc.text)
        await node.write(reminders.failed, reminder.reminder, reminder.tries, exc.text)
    else:
        await node.write(reminders.sent, reminder.reminder)


def reminder_text(language: Language, lab: str, loan: LoanAnswer) -> tuple[str, str]:
    """Return subject and text of a reminder, in the lab's language."""
    _ = language.gettext
    day = language.days(loan.due, loan.due)
    if loan.late_days:
        subject = _("Please bring back: %(item)s", item=loan.item_name)
        said = _(
            "%(item)s was due back at %(lab)s on %(day)s.", item=loan.item_name, lab=lab, day=day
        )
        asked = _(
            "Please bring it back soon, or call us if you need it longer: others wait for it."
        )
    else:
        subject = _("Due back on %(day)s: %(item)s", day=day, item=loan.item_name)
        said = _(
            "%(item)s is due back at %(lab)s on %(day)s.", item=loan.item_name, lab=lab, day=day
        )
        asked = _("If you need it longer, call us before that day.")
    hello = _("Hello %(name)s,", name=loan.name)
    return subject, "\n\n".join((hello, said, asked, lab)) + "\n"
