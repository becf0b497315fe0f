"""fedlab as a service of systemd: the unit, its user and its folder.

The unit starts the very fedlab that installs it, from where it lies. Everything but the data folder
is read-only to it; the watchdog starts a node that hangs again.
"""

import os
import pwd
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final

import msgspec

import fedlab
from fedlab.node.config import DEFAULT_PORT
from fedlab.node.errors import ConfigurationError, ForbiddenError, MissingError, ServiceError

NAME: Final = "fedlab.service"
USER: Final = "fedlab"
DATA: Final = Path("/var/lib/fedlab")
UNITS: Final = Path("/etc/systemd/system")
# Backups go where removable disks are mounted; nothing else outside the data folder is written.
_MEDIA: Final = ("-/media", "-/mnt", "-/run/media")
_COMMAND_S: Final = 120

_UNIT: Final = """\
[Unit]
Description=fedlab, this lab's node
After=network-online.target time-sync.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=main
User={user}
Environment=FEDLAB_DATA={data}{python_path}
ExecStart={command} run --port {port}
Restart=on-failure
RestartSec=5
# A configuration that cannot work is not tried again and again (sysexits.h).
RestartPreventExitStatus=78
TimeoutStartSec=300
WatchdogSec=120
# A full card or a runaway import must leave room for the rest of the machine.
LimitNOFILE=4096
UMask=0077
StateDirectory={state}

NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
ProtectSystem=strict
ReadWritePaths={data} {media}
ProtectHome={home}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""


class ServiceAnswer(msgspec.Struct):
    """The service that was installed, or would be."""

    unit: str
    user: str
    data: str
    command: str
    started: bool


def starter() -> tuple[list[str], str]:
    """Return how this fedlab is started, and the PYTHONPATH that it takes, if any."""
    package = Path(fedlab.__file__).resolve().parent
    script = package.parent / "bin" / "fedlab"
    if script.is_file():
        return [str(script)], ""
    beside = Path(sys.executable).parent / "fedlab"
    if beside.is_file():
        return [str(beside)], ""
    return [sys.executable, "-P", "-m", "fedlab"], str(package.parent)


def unit_text(user: str, data: Path, port: int) -> str:
    """Return the unit; raises ConfigurationError for a path that a unit cannot name."""
    command, python_path = starter()
    for text in (user, str(data), *command):
        if not text.isprintable() or any(sign in text for sign in " %\"'\\$"):
            raise ConfigurationError(f"{text!r} cannot stand in a unit", "use a path without signs")
    at_home = any(path.startswith(("/home/", "/root/")) for path in (*command, str(data)))
    return _UNIT.format(
        user=user,
        data=data,
        state=data.name if data.parent == DATA.parent else "",
        command=" ".join(command),
        port=port,
        python_path=f"\nEnvironment=PYTHONPATH={python_path}" if python_path else "",
        media=" ".join(_MEDIA),
        home="read-only" if at_home else "yes",
    )


def install_service(
    *, user: str = USER, data: Path = DATA, port: int = DEFAULT_PORT, units: Path = UNITS
) -> ServiceAnswer:
    """Write the unit, make its user and folder, and start it now and at every boot.

    Raises ForbiddenError for anybody but root, MissingError where there is no systemd, ServiceError
    with what a command has said.
    """
    text = unit_text(user, data, port)
    if os.geteuid() != 0:
        raise ForbiddenError(
            "installing a service takes the rights of root", "run it again with sudo"
        )
    if shutil.which("systemctl") is None:
        raise MissingError(
            "this system has no systemd",
            "start `fedlab run` in your own way; `fedlab service show` prints what it would run",
        )
    account = _make_user(user, data)
    data.mkdir(mode=0o700, parents=True, exist_ok=True)
    for path in (data, *data.rglob("*")):
        os.chown(path, account.pw_uid, account.pw_gid, follow_symlinks=False)
    path = units / NAME
    path.write_text(text, encoding="utf-8")
    for command in (("daemon-reload",), ("enable", NAME), ("restart", NAME)):
        _run("systemctl", *command)
    return ServiceAnswer(str(path), user, str(data), " ".join(starter()[0]), started=True)


def _make_user(user: str, data: Path) -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(user)
    except KeyError:
        shell = "/usr/sbin/nologin"
        _run("useradd", "--system", "--home-dir", str(data), "--shell", shell, "--", user)
        return pwd.getpwnam(user)


def _run(*command: str) -> None:
    done = subprocess.run(  # noqa: S603  the words are ours, the user's name stands behind --
        command, capture_output=True, text=True, timeout=_COMMAND_S, check=False
    )
    if done.returncode:
        said = " ".join(done.stderr.split()[:60])
        raise ServiceError(
            f"`{' '.join(command)}` failed: {said}", "see `journalctl -u fedlab -n 50`"
        )
