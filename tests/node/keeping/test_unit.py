"""fedlab as a service: what the unit says, and what installing does."""

import os
import pwd
import shutil
import subprocess
from pathlib import Path

import pytest

from fedlab.node.errors import ConfigurationError, ForbiddenError, MissingError, ServiceError
from fedlab.node.keeping import unit


def lines(text: str) -> dict[str, str]:
    """Return the settings of a unit by name."""
    return dict(line.split("=", 1) for line in text.splitlines() if "=" in line and line[0] != "#")


def test_the_unit_starts_this_fedlab_and_lets_it_write_nowhere_else() -> None:
    said = lines(unit.unit_text("fedlab", Path("/var/lib/fedlab"), 7390))
    assert said["Type"] == "notify" and int(said["WatchdogSec"]) > 0
    assert said["User"] == "fedlab"
    assert said["ExecStart"].endswith(" run --port 7390")
    assert Path(said["ExecStart"].split()[0]).is_file()
    assert said["ProtectSystem"] == "strict" and said["NoNewPrivileges"] == "yes"
    assert said["ReadWritePaths"].split()[0] == "/var/lib/fedlab"
    assert said["CapabilityBoundingSet"] == ""


@pytest.mark.parametrize("data", ["/var/lib/fed lab", "/var/lib/%n", "/var/lib/a\nUser=root"])
def test_a_path_cannot_write_lines_of_its_own(data: str) -> None:
    with pytest.raises(ConfigurationError):
        unit.unit_text("fedlab", Path(data), 7390)


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze on this machine")
    path = tmp_path / unit.NAME
    path.write_text(unit.unit_text("root", Path("/var/lib/fedlab"), 7390))
    done = subprocess.run(
        ["systemd-analyze", "verify", str(path)], capture_output=True, text=True, timeout=30
    )
    assert unit.NAME not in done.stderr, done.stderr
    # 0 to 10: what a service that was taken over could reach; 1.7 here, 9.6 with nothing said.
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=25", str(path)],
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert done.returncode == 0, done.stdout[-200:] + done.stderr


def stub(folder: Path, body: str) -> None:
    """Put a systemctl into a folder that writes down what it is told."""
    folder.mkdir()
    path = folder / "systemctl"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


def test_installing_writes_the_unit_and_starts_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stub(tmp_path / "bin", f'echo "$@" >> {tmp_path}/said')
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(os, "chown", lambda *_, **__: None)
    me = pwd.getpwuid(os.getuid()).pw_name
    answer = unit.install_service(user=me, data=tmp_path / "data", units=tmp_path)
    assert answer.started and (tmp_path / "data").stat().st_mode & 0o777 == 0o700
    assert lines((tmp_path / unit.NAME).read_text())["User"] == me
    said = (tmp_path / "said").read_text().splitlines()
    assert said == ["daemon-reload", "enable fedlab.service", "restart fedlab.service"]


def test_installing_says_what_is_in_the_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    me = pwd.getpwuid(os.getuid()).pw_name
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    with pytest.raises(ForbiddenError, match="root"):
        unit.install_service(user=me, data=tmp_path / "data", units=tmp_path)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(MissingError, match="systemd"):
        unit.install_service(user=me, data=tmp_path / "data", units=tmp_path)
    stub(tmp_path / "bin", "echo 'Unit is masked.' >&2; exit 1")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    monkeypatch.setattr(os, "chown", lambda *_, **__: None)
    with pytest.raises(ServiceError, match="masked"):
        unit.install_service(user=me, data=tmp_path / "data", units=tmp_path)
