"""Lists of members as HelloAsso, Paheko and Fab-manager write them."""

from pathlib import Path

import pytest

from fedlab.formats.tables import FileError
from fedlab.node.members.roles import Role
from fedlab.node.members.sheets import Row, read_day, read_members
from tests.node.labs import opened_lab

HELLOASSO = (
    "\ufeffNuméro de billet;Nom adhérent;Prénom adhérent;Email payeur;Montant;Date de fin\n"
    '118;LE GOFF;Élodie;elodie@example.org;"25,00";31/12/2026\n'
    '119;N’Diaye;Awa;awa@example.org;"25,00";31/02/2026\n'
).encode()
PAHEKO = (
    "Numéro de membre,Nom et prénom,Adresse e-mail,Date d'expiration de la cotisation\n"
    "7,Élodie Le Goff,elodie@example.org,2026-12-31\n"
    "8,,personne@example.org,2026-12-31\n"
).encode()
FAB_MANAGER = (
    "id;gender;first_name;last_name;email;group;tags;trainings\n"
    "3;woman;Élodie;Le Goff;elodie@example.org;standard;;Laser\n"
).encode("cp1252")


def test_helloasso() -> None:
    rows, rejected = read_members(HELLOASSO)
    assert rows == [Row(2, "Élodie LE GOFF", "elodie@example.org", "2026-12-31", "118")]
    assert [(one.row, "31/02/2026" in one.reason) for one in rejected] == [(3, True)]


def test_paheko() -> None:
    rows, rejected = read_members(PAHEKO)
    assert rows == [Row(2, "Élodie Le Goff", "elodie@example.org", "2026-12-31", "7")]
    assert [(one.row, one.reason) for one in rejected] == [(3, "no name")]


def test_fab_manager() -> None:
    rows, _ = read_members(FAB_MANAGER)
    assert rows == [Row(2, "Élodie Le Goff", "elodie@example.org", None, "3")]


@pytest.mark.parametrize("data", [b"", b"\n\n", b"colour;size\nred;3\n"])
def test_a_file_without_names_is_refused(data: bytes) -> None:
    with pytest.raises(FileError):
        read_members(data)


@pytest.mark.parametrize(
    "text, day",
    [
        ("2026-12-31", "2026-12-31"),
        ("2026-12-31 23:59:59", "2026-12-31"),
        ("1/2/2027", "2027-02-01"),
        ("01.02.2027 10:00", "2027-02-01"),
        ("31/02/2026", None),
        ("demain", None),
    ],
)
def test_days(text: str, day: str | None) -> None:
    assert read_day(text) == day


def test_the_same_list_twice_changes_nothing_and_a_newer_one_the_dates(tmp_path: Path) -> None:
    with opened_lab(tmp_path) as service:
        run = service.member_lists.run
        first, second = run(Role.MANAGER, PAHEKO), run(Role.MANAGER, PAHEKO)
        assert (first.added, second.added, second.unchanged) == (1, 0, 1)
        later = run(Role.MANAGER, PAHEKO.replace(b"2026-12-31", b"2027-12-31"))
        assert (later.added, later.changed) == (0, 1)
        (member,) = service.members.find("goff elodie", 5)
        assert (member.role, member.ends, member.login) == (Role.MEMBER, "2027-12-31", None)


def test_a_list_changes_nobody_whose_role_its_importer_may_not_give(tmp_path: Path) -> None:
    with opened_lab(tmp_path) as service:
        service.members.add(Role.ADMIN, name="Élodie Le Goff", role="treasurer")
        done = service.member_lists.run(Role.MANAGER, PAHEKO)
        assert (done.added, done.changed, len(done.rejected)) == (0, 0, 2)
