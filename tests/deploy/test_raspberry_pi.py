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
    subprocess.run(
        ["sh", script],
        env={"PATH": "/usr/bin:/bin", "PAUSE": "0", **folders},
        check=True,
        timeout=60,
    )
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


def test_a_network_that_comes_late_is_waited_for(boot: Path) -> None:
    """The packages are fetched when the clock and the network are there, not at the first try."""
    late = boot.parent / "fedlab-1.0" / "bin" / "fedlab"
    late.write_text('#!/bin/sh\necho "$@" >>"$CODE/called"\n[ "$(wc -l <"$CODE/called")" = 3 ]\n')
    with tarfile.open(boot / "fedlab.tar.gz", "w:gz") as tar:
        tar.add(late.parents[1], "fedlab-1.0")
    install(boot)
    assert len((boot.parent / "code" / "called").read_text().splitlines()) == 3
    log = (boot / "fedlab-install.log").read_text()
    assert log.count("that did not work") == 2 and "installed: open http://" in log


def test_a_network_that_never_comes_is_given_up_with_a_word(boot: Path) -> None:
    never = boot.parent / "fedlab-1.0" / "bin" / "fedlab"
    never.write_text("#!/bin/sh\nexit 69\n")
    with tarfile.open(boot / "fedlab.tar.gz", "w:gz") as tar:
        tar.add(never.parents[1], "fedlab-1.0")
    with pytest.raises(subprocess.CalledProcessError):
        install(boot)
    assert "given up" in (boot / "fedlab-install.log").read_text()


def test_cloud_init_takes_the_file_for_a_script_of_the_vendor() -> None:
    """cloud-init knows parts by how they begin: `#!` is a script, `#cloud-config` settings.

    NoCloud reads `vendor-data` beside `user-data` if it is there (cloud-init, data source NoCloud);
    its scripts run once, by the module `scripts_vendor`, whatever the imager's `user-data` says.
    """
    said = (FILES / "vendor-data").read_text()
    assert said.startswith("#!/bin/sh\n")
    assert said.splitlines()[-1] == "exec sh /boot/firmware/fedlab-install.sh"
    assert not (FILES / "user-data").exists(), "it would take the place of the imager's"
    for name in ("vendor-data", "fedlab-install.sh"):
        subprocess.run(["sh", "-n", FILES / name], check=True)
