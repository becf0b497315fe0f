"""Other labs: inviting, joining, vouching, blocking; what each leaves in the log."""

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from fedlab.node.errors import BadRequestError, ConflictError
from fedlab.node.service import Service
from fedlab.protocol.events import ChainSeen
from tests.node.labs import ask, opened_lab, package_of, split_by

OTHER = "ab" * 32


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path / "a", "Atelier") as service:
        yield service


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Service]:
    with opened_lab(tmp_path / "b", "Grand labo") as service:
        service.peers.keep_own_urls(["http://192.168.1.7:7390", "http://labo.local:7390"])
        yield service


def facts(lab: Service) -> list[str]:
    return [entry["fact"]["t"] for entry in ask(lab, "log")["entries"]]


def test_an_invitation_says_who_where_and_a_token(host: Service, lab: Service) -> None:
    url = ask(host, "invite")["url"]
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.path) == ("http", "192.168.1.7:7390", "/join")
    invitation = lab.peers.read_invitation(url)
    # Those that were made before the token stood in the query are still good.
    assert lab.peers.read_invitation(url.replace("?", "#")) == invitation
    assert (invitation.lab, invitation.network) == (host.store.lab, "fedlab")
    assert invitation.name == "Grand labo"
    assert invitation.urls == ("http://192.168.1.7:7390", "http://labo.local:7390")


def test_a_token_lets_one_lab_in_once(host: Service, lab: Service) -> None:
    """A replayed invitation is refused; the lab that it let in may show it again."""
    token = lab.peers.read_invitation(ask(host, "invite")["url"]).token
    assert not host.peers.admit(lab.store.lab, b"x" * 16, [])
    assert host.peers.admit(lab.store.lab, token, ["http://a:1"])
    assert host.peers.admit(lab.store.lab, token, ["http://a:1"])
    assert not host.peers.admit(OTHER, token, [])
    assert facts(host) == ["lab.genesis", "lab.profile", "lab.vouch"]
    assert host.peers.to_dial() == {lab.store.lab: ("http://a:1",)}


def test_an_expired_token_lets_nobody_in(
    host: Service, lab: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = lab.peers.read_invitation(ask(host, "invite")["url"]).token
    monkeypatch.setattr("fedlab.node.service.peers.now", lambda: 2**33)
    assert not host.peers.admit(lab.store.lab, token, [])


def test_a_blocked_lab_gets_in_with_no_token(host: Service, lab: Service) -> None:
    token = lab.peers.read_invitation(ask(host, "invite")["url"]).token
    ask(host, "block", lab=lab.store.lab)
    assert not host.peers.admit(lab.store.lab, token, [])
    ask(host, "unblock", lab=lab.store.lab)
    assert host.peers.admit(lab.store.lab, token, [])


def test_joining_vouches_for_the_inviter_and_keeps_its_addresses(
    host: Service, lab: Service
) -> None:
    invitation = lab.peers.read_invitation(ask(host, "invite")["url"])
    assert lab.peers.joined(invitation).name == "Grand labo"
    assert facts(lab)[-1] == "lab.vouch"
    assert lab.peers.to_dial() == {host.store.lab: invitation.urls}


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://x/join",
        "http://x/join?lab=ab&network=fedlab&token=AAAAAAAAAAAAAAAAAAAAAA",
        f"http://x/join?lab={OTHER}&network=fedlab&token=AA",
        f"ftp://x/join?lab={OTHER}&network=fedlab&token=AAAAAAAAAAAAAAAAAAAAAA",
        f"http://x/join?lab={OTHER}&lab={OTHER}&network=fedlab&token=AAAAAAAAAAAAAAAAAAAAAA",
        "#" * 20_000,
    ],
)
def test_what_is_no_invitation_is_refused(lab: Service, url: str) -> None:
    with pytest.raises(BadRequestError, match="not an invitation"):
        lab.peers.read_invitation(url)


def test_an_invitation_to_another_network_names_both(lab: Service, tmp_path: Path) -> None:
    with opened_lab(tmp_path / "c", "Ailleurs", network="essai") as elsewhere:
        url = ask(elsewhere, "invite")["url"]
    with pytest.raises(BadRequestError, match=r"'essai'.*'fedlab'"):
        lab.peers.read_invitation(url)


def test_a_labs_own_invitation_is_refused(lab: Service) -> None:
    with pytest.raises(BadRequestError, match="this lab itself"):
        lab.peers.read_invitation(ask(lab, "invite")["url"])


def test_vouching_twice_or_taking_back_what_never_was_says_nothing_new(lab: Service) -> None:
    for name in ("vouch", "vouch", "unvouch", "unvouch"):
        ask(lab, name, lab=OTHER)
    assert facts(lab)[2:] == ["lab.vouch", "lab.unvouch"]


def test_a_block_is_private_and_wins(lab: Service) -> None:
    ask(lab, "block", lab=OTHER)
    assert ask(lab, "peers")["blocked"] == [OTHER]
    with pytest.raises(ConflictError, match="blocked"):
        ask(lab, "vouch", lab=OTHER)
    assert len(facts(lab)) == 2
    with pytest.raises(BadRequestError):
        ask(lab, "block", lab=lab.store.lab)


def test_a_lab_with_two_versions_of_its_log_is_named_everywhere(
    lab: Service, host: Service
) -> None:
    chain = host.store.chain(host.opened.lab)
    assert chain is not None
    lab.peers.met(chain.lab, [])
    lab.store.commit([ChainSeen(chain), *package_of(host)])
    lab.refresh()
    status = ask(lab, "status")
    assert status["problems"] == status["split_views"] == []
    assert not any(one["split_view"] for one in ask(lab, "labs")["labs"])

    lab.store.put_evidence(split_by(host))
    lab.refresh()
    status = ask(lab, "status")
    (problem,) = status["problems"]
    for said in (chain.lab[:8], "two versions", "from entry 1 on", "Ask its people"):
        assert said in problem
    assert status["split_views"] == [chain.lab]
    assert [peer["split_view"] for peer in ask(lab, "peers")["peers"]] == [True]
    named = {one["lab"]: one["split_view"] for one in ask(lab, "labs")["labs"]}
    assert named[lab.opened.lab] is False
    assert ask(lab, "log", lab=chain.lab)["entries"][1]["status"] == "disputed"
    (told,) = ask(lab, "verify")["split_views"]
    assert (told["code"], told["lab"], told["index"]) == ("split_view", chain.lab, 1)
    assert ask(lab, "verify")["problems"] == []
