"""A lab with something of everything, so that no page of it is empty."""

from pathlib import Path

import pytest

from fedlab.node import days
from fedlab.node.config import Folder
from fedlab.node.members.roles import Role
from fedlab.node.service import Service
from fedlab.node.service import counter as service_counter
from tests.e2e.nodes import Lab
from tests.node.labs import ask, opened_lab
from tests.node.photos.pictures import picture
from tests.node.service.test_needs import hear
from tests.node.web.purchasing import open_purchase, settled

DAY_S = 86_400
PASSWORD = "quatre mots bien rangés"
# One row to read, and one that is left out for want of a name.
SHEET = b"Nom;Lieu;Couleur\nRabot;Bois;bleu\n;Bois;vert\n"


class FullLab(Lab):
    """A lab, its people's sessions and secrets."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder / "data", "Ponant", (48.39, -4.49))
        with Service(Folder(self.data)) as service:
            self._people(service)
            self._things(service)
            self._loans(service)
            self._network(service, folder / "far")

    def _people(self, service: Service) -> None:
        members = service.members
        ada = members.add_first("Ada", "ada", "")
        ask(service, "member_password", member="ada", password=PASSWORD)
        self.admin = members.begin_session(ada, "Chromium", "127.0.0.1")
        members.make_token(ada, "Tableau", ())
        camille = members.add(Role.ADMIN, name="Camille", role=Role.MEMBER, email="c@example.org")
        self.member = members.begin_session(camille.id, "Firefox", "127.0.0.1")
        self.card = members.make_key(Role.ADMIN, camille.id, "card")
        self.members = {"Ada": ada, "Camille": camille.id}

    def _things(self, service: Service) -> None:
        things = (
            ("LASER", "Découpeuse laser", {"terms": ["use"], "training": ["SAFETY"], "lang": "fr"}),
            ("DRILL", "Perceuse", {"terms": ["lend"], "place": "Bois", "price": 500}),
            ("PLY", "Contreplaqué", {"kind": "material", "quantity": 40_000, "terms": ["sell"]}),
            ("SAFETY", "Sécurité laser", {"kind": "skill"}),
        )
        for code, name, change in things:
            ask(service, "item_add", code=code, change={"name": name, **change})
        service.photos.add("DRILL", picture())
        ask(service, "item_hold", item="LASER", day_from="2027-01-04", reason="maintenance")
        service.labels.set_address(self.url)
        number = service.uploads.add("rabots.csv", SHEET)
        service.uploads.begin(number)
        service.uploads.run(number)
        service.uploads.add("encore.csv", SHEET.replace(b"Rabot", b"Ciseau"))

    def _loans(self, service: Service) -> None:
        lent_at = service_counter.now() - 30 * DAY_S  # so overdue today
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(service_counter, "now", lambda: lent_at)
            patch.setattr(days, "today", lambda: days.day_of(lent_at))
            for code, member in (("DRILL", "Ada"), ("PLY", "Camille")):
                ask(service, "counter_lend", item=code, member=self.members[member], anyway=True)
        service.reminders.work()

    def _network(self, service: Service, folder: Path) -> None:
        with opened_lab(folder, "Lointain", place=(45.76, 4.84)) as far:
            ask(
                far,
                "item_add",
                code="LATHE",
                change={"name": "Lathe", "lang": "en", "terms": ["lend"]},
            )
            ask(far, "vouch", lab=self.id)
            hear(service, far)
            self.far = far.store.lab
            ask(service, "vouch", lab=self.far)
            self._loans_with(service, far)
        wish = {"item": f"{self.far}/LATHE", "day_from": "2027-05-01", "day_to": "2027-05-02"}
        ask(service, "wish_ask", member=self.members["Camille"], **wish)
        ask(service, "need_publish", need={"title": "Une scie à ruban", "kind": "tool"})
        open_purchase(service, "Filament de printemps", deadline="2027-04-01")
        settled(service)

    def _loans_with(self, service: Service, far: Service) -> None:
        """Have one loan asked of each lab, and one that is out, reported and to be settled."""
        days_asked = {"day_from": "2027-03-01", "day_to": "2027-03-08"}
        hear(far, service)
        asked = ask(far, "loan_request", lines=[{"item": f"{self.id}/DRILL"}], **days_asked)["loan"]
        lines = [{"item": f"{self.far}/LATHE"}]
        out = ask(service, "loan_request", lines=lines, **days_asked)["loan"]
        hear(far, service)
        terms = {"caution": 5000, "fee": 500, "faults": "Mandrin usé", "risk": "borrower"}
        ask(far, "loan_offer", loan=out, terms=terms)
        hear(service, far)
        ask(service, "loan_agree", loan=out)
        hear(far, service)
        ask(far, "loan_hand_over", loan=out)
        hear(service, far)
        ask(service, "loan_report", loan=out, kind="broken", line=0, note="Le mandrin")
        hear(far, service)
        ask(far, "loan_settle", loan=out, lines=[{"line": 0, "damage": 3000}], caution_kept=3000)
        hear(service, far)
        self.loans = (out, asked)
