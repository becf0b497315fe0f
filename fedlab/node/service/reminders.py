"""The outbox of the counter: whom to remind of what, whether it went by mail or a person told it.

It is worked through by a running node (`web/reminding.py`); without mail it is a list to ring from.
"""

from typing import Final

import msgspec

from fedlab.node import counter as rules
from fedlab.node import days
from fedlab.node.errors import BadRequestError, NotFoundError
from fedlab.node.mail import MailSettings, check_settings
from fedlab.node.members.roles import Right
from fedlab.node.service.attention import Trouble
from fedlab.node.service.base import Opened, now
from fedlab.node.service.counter import Counter
from fedlab.node.service.counteranswers import ReminderAnswer, RemindersAnswer
from fedlab.node.service.wishes import Wishes
from fedlab.node.store.records import SavedReminder
from fedlab.protocol.limits import LOANS_LISTED_MAX

MAIL_KEY: Final = "mail"
# Ten minutes, then twice as long each time: the sixth try is five hours after the first.
RETRY_SECONDS: Final = 600
TRIES_MAX: Final = 6
# Sent one after the other, and looked for again within minutes.
SENT_AT_ONCE: Final = 50
BY_MAIL: Final = "mail"
BY_PERSON: Final = "person"


class Reminders:
    """What borrowers are to be told."""

    def __init__(self, opened: Opened, counter: Counter, wishes: Wishes) -> None:
        self._opened = opened
        self._table = opened.store.counter
        self._counter = counter
        self._wishes = wishes

    def work(self) -> int:
        """Bring holds up to the day, put what is due in the outbox, and forget what is old enough.

        Return how many holds have changed.
        """
        today, at = days.today(), now()
        for loan in self._table.out(LOANS_LISTED_MAX):
            step = rules.reminder_step(loan.due, days.day_of(loan.lent_at), today)
            if step is not None:
                self._table.remind(loan.id, loan.due, step, at)
        for wish, first, due in self._wishes.out():
            self._table.keep_reminders(wish.id, due)
            if due and (step := rules.reminder_step(due, first, today)):
                self._table.remind_of_wish(wish.id, due, step, at)
        self._table.forget(at - rules.KNOWN_DAYS * 86_400)
        self._opened.store.wishes.forget(days.day_after(today, -rules.KNOWN_DAYS))
        return self._counter.settle()

    def outbox(self) -> RemindersAnswer:
        """Return the outbox: what is still to be told first."""
        return RemindersAnswer(
            [self._shown(one) for one in self._table.reminders(LOANS_LISTED_MAX)]
        )

    def told(self, reminder: int) -> ReminderAnswer:
        """Note that a person has told the borrower; raises NotFoundError."""
        if self._table.reminder(reminder) is None:
            raise NotFoundError(
                f"there is no reminder {reminder}", "see `fedlab counter reminders`"
            )
        self._table.told(reminder, now(), BY_PERSON)
        found = self._table.reminder(reminder)
        assert found is not None
        return self._shown(found)

    def unsent(self) -> int:
        """Return how many mails did not go, of borrowers that nobody has told otherwise."""
        return self._table.count_failed()

    def attention(self) -> list[Trouble]:
        """Return the troubles of the counter: what is overdue, and mails that do not go."""
        found = []
        if late := len(self._counter.overdue()):
            remedy = "/counter?show=overdue"
            found.append(Trouble("overdue", "soon", Right.LEND, remedy, count=late))
        if unsent := self.unsent():
            found.append(Trouble("unsent", "soon", Right.LEND, "/counter/reminders", count=unsent))
        return found

    # --- Mail -------------------------------------------------------------------------------------

    def to_send(self) -> list[ReminderAnswer]:
        """Return what can go by mail now: due, not tried too often, and with an address."""
        waiting = self._table.to_send(now(), TRIES_MAX, SENT_AT_ONCE)
        return [shown for shown in map(self._shown, waiting) if shown.loan.email]

    def sent(self, reminder: int) -> None:
        """Note that a mail was taken by the server."""
        self._table.told(reminder, now(), BY_MAIL)

    def failed(self, reminder: int, tries: int, error: str) -> None:
        """Note that a mail was not taken, after so many tries before."""
        self._table.not_told(reminder, error[:200], now() + RETRY_SECONDS * 2**tries)

    def mail(self) -> MailSettings | None:
        """Return how mail is sent; None where it is not."""
        raw = self._opened.store.settings.get(MAIL_KEY)
        return msgspec.json.decode(raw, type=MailSettings) if raw else None

    def set_mail(self, settings: MailSettings | None) -> None:
        """Keep how mail is sent; raise BadRequestError naming the field that cannot be."""
        if settings is None:
            self._opened.store.settings.remove(MAIL_KEY)
            return
        self.check_mail(settings)
        self._opened.store.settings.set(MAIL_KEY, msgspec.json.encode(settings).decode())

    def check_mail(self, settings: MailSettings) -> None:
        """Raise BadRequestError with the field as its code if mail cannot be sent so."""
        if wrong := check_settings(settings):
            raise BadRequestError(f"{wrong} cannot be this", "correct it", code=wrong)

    def _shown(self, reminder: SavedReminder) -> ReminderAnswer:
        if reminder.loan is not None:
            loan, between = self._counter.show(reminder.loan), ""
        else:
            assert reminder.wish is not None
            loan, between = self._wishes.lent(reminder.wish, reminder.due)
        return ReminderAnswer(
            reminder=reminder.id,
            step=reminder.step,
            made_at=reminder.made_at,
            tries=reminder.tries,
            error=reminder.error,
            done_at=reminder.done_at,
            how=reminder.how,
            loan=loan,
            between=between,
        )
