"""What is known of the network, and what needs attention."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from fedlab.node.identitywords import identity_words
from fedlab.node.service import Service
from fedlab.node.service import attention as attending
from fedlab.node.service.attention import Trouble
from fedlab.protocol.events import ChainSeen
from tests.node.labs import ask, opened_lab, package_of, split_by


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Service]:
    """A lab that nobody has to see to but for its backups, which are looked at apart."""
    with opened_lab(tmp_path / "a", "Atelier", place=(48.4, -4.5)) as service:
        service.attention.sources.remove(service.backups.attention)
        yield service


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path / "b", "Grand labo", place=(48.1, -1.7)) as service:
        yield service


def meet(lab: Service, other: Service) -> None:
    """Have a lab vouch for another and hold its log."""
    ask(lab, "vouch", lab=other.store.lab)
    lab.store.commit([ChainSeen(other.store.own_chain()), *package_of(other)])
    lab.refresh()


def codes(lab: Service) -> list[str]:
    return [trouble.code for trouble in lab.attention.all().troubles]


def test_a_peer_shows_its_vouches_its_age_and_what_it_has_brought(
    lab: Service, other: Service
) -> None:
    ask(other, "vouch", lab=lab.store.lab)
    meet(lab, other)
    (peer,) = lab.network.show().peers
    assert (peer.lab, peer.name) == (other.store.lab, "Grand labo")
    assert (peer.vouched, peer.vouches_back, peer.connected) == (True, True, False)
    (held,) = [log for log in lab.store.logs() if log.lab == other.store.lab]
    assert peer.used_bytes == held.stored_bytes > 0
    assert peer.stranger_bytes == 0


def test_the_vouches_are_listed_lab_by_lab_this_one_first(lab: Service, other: Service) -> None:
    ask(other, "vouch", lab=lab.store.lab)
    meet(lab, other)
    said = [(one.name, [each.name for each in one.vouches]) for one in lab.network.show().vouchers]
    assert said == [("Atelier", ["Grand labo"]), ("Grand labo", ["Atelier"])]


def test_a_blocked_lab_is_no_peer_any_more(lab: Service, other: Service) -> None:
    meet(lab, other)
    ask(lab, "block", lab=other.store.lab)
    shown = lab.network.show()
    assert (shown.peers, [one.name for one in shown.blocked]) == ([], ["Grand labo"])


def test_open_invitations_are_counted_and_can_be_withdrawn(lab: Service, other: Service) -> None:
    link = ask(lab, "invite")["url"]
    ask(lab, "invite")
    assert len(lab.network.show().invitations) == 2
    token = other.peers.read_invitation(link).token
    lab.network.withdraw()
    assert lab.network.show().invitations == []
    assert not lab.peers.admit(other.store.lab, token, [])


def test_both_labs_read_the_same_six_words(lab: Service, other: Service) -> None:
    seen = other.network.read_invitation(ask(lab, "invite")["url"])
    assert seen.words == lab.network.show().words == identity_words(lab.store.lab)
    assert [len(words) for words in seen.words.values()] == [6, 6]
    changed = ("0" if lab.store.lab[0] != "0" else "1") + lab.store.lab[1:]
    assert identity_words(changed) != seen.words


def test_words_are_the_first_bits_of_the_id() -> None:
    """Known answer: BIP-39's English list begins with abandon and ends with zoo."""
    assert identity_words("0" * 64)["en"] == ["abandon"] * 6
    assert identity_words("f" * 64)["en"] == ["zoo"] * 6
    assert identity_words("001" + "0" * 61)["en"] == ["abandon", "length"] + ["abandon"] * 4


def test_a_lab_in_good_order_has_no_trouble(lab: Service, other: Service) -> None:
    assert codes(lab) == []
    meet(lab, other)
    assert codes(lab) == []


def test_a_peer_away_for_days_is_named_with_a_way_to_it(lab: Service, other: Service) -> None:
    meet(lab, other)
    lab.opened.live_age = lambda lab: 4 * 86_400.0
    (trouble,) = lab.attention.all().troubles
    assert (trouble.code, trouble.count, trouble.name) == ("away", 4, "Grand labo")
    assert trouble.remedy == f"/network#{other.store.lab}"


def test_a_lab_with_two_versions_comes_first(lab: Service, other: Service) -> None:
    meet(lab, other)
    lab.opened.live_age = lambda lab: 4 * 86_400.0
    lab.store.put_evidence(split_by(other))
    assert codes(lab) == ["split_view", "away"]


def test_a_peer_that_has_nearly_spent_its_budget_is_named(
    lab: Service, other: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet(lab, other)
    (peer,) = lab.network.peers()
    monkeypatch.setattr(attending, "PEER_BUDGET_BYTES", peer.used_bytes)
    (trouble,) = lab.attention.all().troubles
    assert (trouble.code, trouble.count) == ("budget", 100)


def test_a_full_disk_is_said(lab: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(attending, "DISK_BYTES_MIN", 2**70)
    assert codes(lab) == ["disk"]


def test_missing_keys_are_said(lab: Service) -> None:
    lab.opened.keys = None
    assert codes(lab) == ["no_keys"]


def test_what_is_overdue_or_unsent_is_said(lab: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lab.counter, "overdue", lambda: [None, None])
    monkeypatch.setattr(lab.reminders, "unsent", lambda: 1)
    said = [(one.code, one.count, one.right) for one in lab.attention.all().troubles]
    assert said == [("overdue", 2, "lend"), ("unsent", 1, "lend")]


def test_any_part_can_add_its_troubles_and_the_count_is_kept_for_a_while(lab: Service) -> None:
    told: list[Trouble] = []
    lab.attention.sources.append(lambda: told)
    assert lab.attention.recent() == []
    told.append(Trouble(code="backup", severity="soon", right="backup", remedy="/settings/backup"))
    assert lab.attention.recent() == []  # asked a moment ago
    assert lab.attention.all().troubles == lab.attention.recent() == told
