"""The files for a Raspberry Pi's boot partition, run on folders of a test in place of the Pi's."""

import subprocess
import tarfile
from pathlib import Path

import pytest

from fedlab.node.config import Folder
from fedlab.node.firststart import CODE_CHARS, code_letters, keep_code
from tests.conftest import REPO

FILES = REPO / "deploy" / "raspberry-pi"


@pytest.fixture
def boot(tmp_path: Path) -> Path:
    """A boot partition with a release whose `bin/fedlab` only notes how it was called."""
    boot, release = tmp_path / "boot", tmp_path / "fedlab-1.0" / "bin"
    boot.mkdir()
    release.mkdir(parents=True)
    command = release / "fedlab"
    command.write_text('#!/bin/sh\necho "$@" >"$CODE/called"\n')
    command.chmod(0o755)
    with tarfile.open(boot / "fedlab.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "fedlab-1.0", "fedlab-1.0")
    return boot


def install(boot: Path) -> Path:
    folders = {name.upper(): str(boot.parent / name) for name in ("boot", "code", "data")}
    script = FILES / "fedlab-install.sh"
    subprocess.run(["sh", script], env={"PATH": "/usr/bin:/bin", **folders}, check=True, timeout=60)
    return boot.parent / "data"


def test_it_installs_the_service_and_leaves_a_code_on_the_card(boot: Path) -> None:
    data = install(boot)
    assert (boot.parent / "code" / "called").read_text() == f"service install --data {data}\n"
    written = (boot / "fedlab-code.txt").read_text()
    assert len(code_letters(written)) == CODE_CHARS
    assert keep_code(Folder(data)) == code_letters(written)
    assert (data / "setup-code").stat().st_mode & 0o077 == 0


def test_a_code_on_the_card_is_taken_and_a_second_run_changes_nothing(boot: Path) -> None:
    (boot / "fedlab-code.txt").write_text("port-louis-29\r\n")
    data = install(boot)
    assert keep_code(Folder(data)) == "PORTLOUIS29"
    (boot / "fedlab-code.txt").write_text("another-code-1")
    assert keep_code(Folder(install(boot))) == "PORTLOUIS29"


def test_a_lab_that_exists_gets_no_code(boot: Path) -> None:
    data = boot.parent / "data"
    data.mkdir()
    (data / "store.db").touch()
    assert not (install(boot) / "setup-code").exists()


def test_cloud_init_is_told_to_run_that_file() -> None:
    said = (FILES / "user-data").read_text()
    assert said.startswith("#cloud-config\n")
    assert "runcmd:\n  - [sh, /boot/firmware/fedlab-install.sh]\n" in said
