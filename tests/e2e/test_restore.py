"""The card dies: a lab comes back from its backup on another machine, and its peers follow."""

import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from fedlab.node.config import Folder
from fedlab.node.service import Service
from tests.node.photos.pictures import picture

from .nodes import Lab, fedlab, until


def photos(data: Path) -> set[str]:
    """Return the files of the photos in a lab's folder."""
    return {path.name for path in (data / "photos").glob("*/*")}


def made_by_a_peer(service: Service) -> str:
    """Put a photo into a lab's folder as if it had been fetched from a peer; return its name."""
    sent = picture(200, 100)
    name = hashlib.sha256(sent).hexdigest()
    service.photos.take_in(name, sent)
    return name


def chain_head(lab: Lab, other: Lab) -> int:
    """Return the newest epoch of another lab that a lab holds entries of."""
    return max(entry["epoch"] for entry in lab.run("log", other.id))


def test_a_lab_comes_back_and_its_peers_follow(tmp_path: Path) -> None:
    brest = Lab(tmp_path / "brest", "Brest")
    words = brest.recovery_words
    paris = Lab(tmp_path / "paris", "Paris")
    lyon = Lab(tmp_path / "lyon", "Lyon")
    stick = tmp_path / "stick"
    stick.mkdir()
    brest.run("item", "add", "--code", "F-1", "--name", "Fraiseuse avant")
    with Service(Folder(brest.data)) as service:
        photo = picture()
        service.photos.add("F-1", photo)
        (shown,) = service.items.show("F-1").photos
        theirs = made_by_a_peer(service)
    with brest.running(), paris.running(), lyon.running():
        paris.join(brest)
        lyon.join(brest)
        brest.run("backup", "set", stick)
        backup = brest.run("backup", "write")["path"]
        # After the backup: only the peer holds these.
        brest.run("item", "add", "--name", "Perceuse après")
        for peer in (paris, lyon):
            until(lambda peer=peer: peer.offers("Perceuse après"), "the peer to follow")
        before = brest.run("status")
    old_card = tmp_path / "old-card"
    shutil.move(brest.data, old_card)
    paper = tmp_path / "paper"
    paper.write_text(words)

    # With nobody to ask, it says so rather than lose what only peers hold.
    refused = brest_restore(brest, backup, paper, expect=75)
    assert refused["error"]["code"] == "no_peer" and not (brest.data / "store.db").exists()
    with paris.running(), lyon.running():
        restored = brest_restore(brest, backup, paper)
        assert (restored["lab"], restored["epoch"], restored["fetched"]) == (brest.id, 1, 1)
        assert photos(brest.data) == {f"{shown}.jpg", f"{shown}.thumb"} != photos(old_card)
        assert theirs in {name.partition(".")[0] for name in photos(old_card)}
        with brest.running():
            brest.run("item", "add", "--name", "Scie nouvelle")
            for peer in (paris, lyon):
                until(lambda peer=peer: peer.offers("Scie nouvelle"), "a peer to take the epoch")
                assert chain_head(peer, brest) == 1
            until(lambda: brest.offers("Perceuse après"), "the details from the peer")
            assert paris.offers("Fraiseuse avant") and paris.offers("Perceuse après")
            status = brest.run("status")
            assert status["epoch"] == 1 and status["problems"] == []
            assert status["items"] >= before["items"] + 1
            assert brest.run("verify")["problems"] == []
            assert paris.run("verify")["problems"] == []
            assert {entry["status"] for entry in paris.run("log", brest.id)} == {"counted"}

        # The old card is found under the sofa: nobody listens to it any more.
        card = Lab.in_folder(old_card, brest.id)
        card.port = brest.port
        with card.running():
            until(lambda: "old_epoch" in card.said() or "not its newest" in card.said(), "refusal")
            assert chain_head(paris, brest) == 1

        # That machine dies too, before it was backed up: the first backup still serves.
        shutil.move(brest.data, tmp_path / "second-card")
        again = brest_restore(brest, backup, paper)
        assert (again["epoch"], again["fetched"], again["problems"]) == (2, 3, [])
        with brest.running():
            brest.run("item", "add", "--name", "Tour d'aujourd'hui")
            until(lambda: paris.offers("Tour d'aujourd'hui"), "the peer to take the third epoch")
            until(lambda: brest.offers("Scie nouvelle"), "what the second epoch said")
            assert paris.run("verify")["problems"] == brest.run("verify")["problems"] == []

    # Keys that were copied are replaced in place, by the same words.
    other = tmp_path / "other-paper"
    other.write_text(" ".join(reversed(words.split())))
    brest.run("new-keys", "--words-file", other, "--alone", expect=2)
    assert brest.run("new-keys", "--words-file", paper, "--alone")["epoch"] == 3
    assert brest.run("status")["epoch"] == 3 and brest.run("verify")["problems"] == []


def brest_restore(lab: Lab, backup: str, paper: Path, expect: int = 0) -> Any:
    """Run `restore` in the lab's folder."""
    return fedlab(lab.data, "restore", backup, "--words-file", paper, expect=expect)


def test_what_does_not_fit_is_refused_plainly(tmp_path: Path) -> None:
    lab = Lab(tmp_path / "lab", "Brest")
    words = lab.recovery_words
    others = Lab(tmp_path / "other", "Paris").recovery_words
    stick = tmp_path / "stick"
    stick.mkdir()
    backup = Path(lab.run("backup", "write", stick)["path"])
    empty = tmp_path / "empty"

    def refused(file: Path, said: str, into: Path = empty) -> str:
        paper = tmp_path / "paper"
        paper.write_text(said)
        command = ("restore", file, "--words-file", paper, "--alone")
        code = 1 if into != empty else None
        for expect in (1, 2) if code is None else (code,):
            try:
                answer = fedlab(into, *command, expect=expect)
            except AssertionError:
                continue
            assert not (empty / "store.db").exists()
            return str(answer["error"]["code"])
        raise AssertionError("not refused")

    raw = backup.read_bytes()
    cut, changed = tmp_path / "cut.fedlab", tmp_path / "changed.fedlab"
    cut.write_bytes(raw[: len(raw) // 2])
    flipped = bytearray(raw)
    flipped[-100] ^= 1
    changed.write_bytes(bytes(flipped))
    letter = tmp_path / "letter.fedlab"
    letter.write_text(json.dumps({"dear": "lab"}))
    assert refused(cut, words) == "damaged_backup"
    assert refused(changed, words) == "damaged_backup"
    assert refused(letter, words) == "not_a_backup"
    assert refused(backup, others) == "wrong_words"
    assert refused(backup, " ".join(words.split()[:11])) == "wrong_words"
    assert refused(backup, words, into=lab.data) == "has_lab"
