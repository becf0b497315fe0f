"""A loan between two running labs, on phones: the member's part of it and both managers'."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest
from playwright.sync_api import Browser

from fedlab.node.config import Folder
from fedlab.node.days import day_after, today
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from fedlab.node.web.i18n import language
from tests.e2e.nodes import Lab, until
from tests.e2e.pages.browsing import Person, before
from tests.node.labs import ask
from tests.node.service.test_needs import hear

NOTED = (
    "Noted here, and signed. The other lab hears of it as soon as the two nodes reach each other."
)
AGREED = "Both labs agree to this, or it asks nothing beyond the offer."


class Two(NamedTuple):
    """Ponant, which borrows, and Quai, which lends; and sessions of their people."""

    ponant: Lab
    quai: Lab
    camille: str
    ada: str
    tom: str


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Two]:
    folder = tmp_path_factory.mktemp("loans")
    ponant, quai = Lab(folder / "a", "Ponant"), Lab(folder / "c", "Quai")
    with Service(Folder(ponant.data)) as a, Service(Folder(quai.data)) as c:
        saw = {"name": "Scie", "terms": ["lend"], "value": 12_000, "quantity": 2000}
        ask(c, "item_add", code="SAW", change=saw)
        ask(a, "vouch", lab=quai.id), ask(c, "vouch", lab=ponant.id)
        hear(a, c), hear(c, a)
        a.store.peers.put(quai.id, [quai.url], "Quai")
        c.store.peers.put(ponant.id, [ponant.url], "Ponant")
        sessions = [
            service.members.begin_session(add(service, name, role), "phone", "127.0.0.1")
            for service, name, role in (
                (a, "Camille", Role.MEMBER),
                (a, "Ada", Role.MANAGER),
                (c, "Tom", Role.MANAGER),
            )
        ]
    with ponant.running(), quai.running():
        yield Two(ponant, quai, *sessions)


def add(service: Service, name: str, role: Role) -> int:
    return service.members.add(Role.ADMIN, name=name, role=role).id


def hears(person: Person, path: str, message: str, **values: object) -> None:
    """Look at a page until the other node's word has come."""
    text = person.word(message, **values)

    def told() -> bool:
        person.opens(path)
        return person.page.get_by_text(text).count() > 0

    until(told, text)


def test_a_loan_from_a_members_wish_to_the_settlement(browser: Browser, two: Two) -> None:
    code, item = "fr", f"/I/{two.quai.id}/SAW"
    with (
        before(browser, two.ponant.url, code, session=two.camille) as camille,
        before(browser, two.ponant.url, code, session=two.ada) as ada,
        before(browser, two.quai.url, code, session=two.tom) as tom,
    ):
        camille.opens(item)
        camille.presses("Ask for it through your lab")
        camille.writes("Last day", day_after(today(), 3))
        camille.writes("How many", "2")
        camille.writes("What you need it for", "La scène du festival")
        camille.presses("Ask for it")
        camille.reads("Your lab has yet to pass it on.")

        ada.opens("/loans")
        ada.reads("Members wish for")
        ada.page.locator("form[action$='/pass'] button").click()
        ada.reads("%(lab)s has yet to answer.", lab="Quai")
        loan = "/loan/" + ada.page.url.rpartition("/")[2]

        hears(tom, loan, "Answer %(lab)s: offer it, or decline.", lab="Ponant")
        assert "Camille" not in tom.page.content() and "festival" not in tom.page.content()
        tom.writes("Caution (€)", "50")
        tom.chooses("An accident is borne by", "borrower_insured")
        tom.writes("Known faults", "Lame usée")
        tom.presses("Offer it")
        tom.is_told(NOTED)

        hears(ada, loan, "Read the offer, then agree to it or call it off.")
        ada.reads("Lame usée")
        ada.presses("Agree to the offer")
        hears(tom, item, "We have handed it over")
        tom.page.locator("form[action$='/hand-over'] button").click()
        tom.is_told(NOTED)
        tom.follows("Slip to print")
        tom.reads("replacement value %(price)s", price="240,00\u00a0€")

        hears(ada, item, "We have received it")
        ada.page.locator("form[action$='/receive'] button").click()
        day = language(code).days(*[day_after(today(), 3)] * 2)
        hears(camille, "/mine", "It is out for you: to be brought back by %(day)s.", day=day)
        ada.opens(loan)
        ada.page.locator("[id='give-back-q-0']").fill("2")
        ada.presses("We have given it back")

        hears(tom, loan, "Say that you have it back, and in which condition.")
        tom.page.locator("[id='take-back-q-0']").fill("1")
        tom.page.locator("[id='take-back-c-0']").select_option("broken")
        tom.presses("We have taken it back")
        tom.unfolds("Say how it ends")
        tom.writes("Lost", "1")
        tom.writes("Damage (€)", "30")
        tom.writes("Kept of the caution (€)", "30")
        tom.presses("Say how it ends")

        hears(ada, loan, "Accept the settlement")
        ada.reads("%(lab)s gives back", lab="Quai")
        ada.presses("Accept the settlement")
        ada.reads(AGREED)
        hears(tom, loan, AGREED)
