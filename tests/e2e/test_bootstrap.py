"""`bin/fedlab` in the places where people start it: each test is a pitfall that was met.

The checkout is a stand-in whose fedlab needs no dependency and prints how it was started, so that
what is tested is the script: which environment it makes, keeps, mends or refuses to touch.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
NOBODY = 65534
# The system's own Python, which other users may start too; a version manager's is often private.
PYTHON = shutil.which("python3", path="/usr/bin") or sys.executable
STAND_IN = "import sys; print(sys.argv[1:], file=sys.stdout)\n"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout in a folder with a space in its name, started once."""
    checkout = tmp_path_factory.mktemp("home of ada") / "my checkout"
    (checkout / "bin").mkdir(parents=True)
    shutil.copy(REPO / "bin" / "fedlab", checkout / "bin" / "fedlab")
    (checkout / "fedlab").mkdir()
    (checkout / "fedlab" / "__init__.py").write_text("")
    (checkout / "fedlab" / "__main__.py").write_text(STAND_IN)
    for lock in ("requirements.lock", "requirements-test.lock"):
        (checkout / lock).write_text(f"# {lock}\n")
    first = start(checkout, "status")
    assert first.returncode == 0, first.stderr
    assert "first start" in first.stderr
    return checkout


@pytest.fixture
def checkout(made: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of that checkout, environment included, to be spoilt by one test."""
    copy = tmp_path / "a copy"
    shutil.copytree(made, copy, symlinks=True)
    yield copy
    subprocess.run(["chmod", "-R", "u+w", copy], check=True)


def start(
    checkout: Path, *args: str, user: int | None = None, **environ: str
) -> subprocess.CompletedProcess[str]:
    env = {"PATH": os.environ["PATH"], "PYTHON": PYTHON, **environ}
    return subprocess.run(
        [checkout / "bin" / "fedlab", *args],
        cwd="/",
        env=env,
        user=user,
        capture_output=True,
        text=True,
        timeout=120,
    )


def open_to(path: Path) -> None:
    """Let other users walk into pytest's private folders."""
    for folder in (path, *path.parents):
        if folder.owner() == path.owner() and folder != Path("/tmp"):
            folder.chmod(folder.stat().st_mode | 0o755)


def test_a_second_start_is_silent_and_needs_no_network(made: Path) -> None:
    # The folder of packages that pip would look into does not exist.
    again = start(made, "search", "découpe laser", PIP_NO_INDEX="1", PIP_FIND_LINKS="/nowhere")
    assert (again.returncode, again.stderr) == (0, "")
    assert again.stdout == "['search', 'découpe laser']\n"


def test_no_environment_variable_is_needed(made: Path) -> None:
    bare = subprocess.run(
        ["env", "-i", made / "bin" / "fedlab", "status"], capture_output=True, text=True
    )
    assert (bare.returncode, bare.stdout, bare.stderr) == (0, "['status']\n", "")


def test_a_folder_named_fedlab_where_the_user_stands_is_not_taken(
    made: Path, tmp_path: Path
) -> None:
    (tmp_path / "fedlab").mkdir()
    (tmp_path / "fedlab" / "__main__.py").write_text("raise SystemExit('the wrong one')\n")
    ran = subprocess.run(
        [made / "bin" / "fedlab", "status"], cwd=tmp_path, capture_output=True, text=True
    )
    assert ran.stdout == "['status']\n", ran.stderr


def test_it_can_be_started_through_a_link(made: Path, tmp_path: Path) -> None:
    (tmp_path / "fedlab").symlink_to(made / "bin" / "fedlab")
    ran = subprocess.run([tmp_path / "fedlab", "status"], capture_output=True, text=True)
    assert ran.stdout == "['status']\n", ran.stderr


def test_a_half_made_environment_is_made_again(checkout: Path) -> None:
    """Debian's `python3 -m venv` without ensurepip leaves a python that has no pip."""
    (pip,) = (checkout / ".venv" / "lib").glob("python*/site-packages/pip")
    shutil.rmtree(pip)
    mended = start(checkout, "status")
    assert (mended.returncode, mended.stdout) == (0, "['status']\n"), mended.stderr
    assert pip.is_dir()


def test_an_environment_whose_python_is_gone_is_made_again(checkout: Path) -> None:
    """An upgrade of the system takes the interpreter away from under the environment."""
    python = checkout / ".venv" / "bin" / "python"
    python.unlink()
    python.symlink_to("/usr/bin/python3.4-is-gone")
    mended = start(checkout, "status")
    assert (mended.returncode, mended.stdout) == (0, "['status']\n"), mended.stderr


def test_new_pins_are_installed(checkout: Path) -> None:
    (checkout / "requirements.lock").write_text("nothing-of-that-name==1 --hash=sha256:00\n")
    stale = start(checkout, "status", PIP_NO_INDEX="1")
    assert stale.returncode == 69
    assert stale.stdout == ""
    assert "the dependencies could not be installed" in stale.stderr


def test_a_folder_that_is_no_environment_is_left_alone(checkout: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    (checkout / ".venv").mkdir()
    (checkout / ".venv" / "thesis.odt").write_text("ten years")
    refused = start(checkout, "status")
    assert refused.returncode == 69
    assert "is no virtual environment" in refused.stderr
    assert (checkout / ".venv" / "thesis.odt").read_text() == "ten years"


def test_without_a_python_it_says_what_to_install(made: Path, tmp_path: Path) -> None:
    for tool in ("readlink", "dirname", "cksum", "cat"):
        (tmp_path / tool).symlink_to(shutil.which(tool) or "")
    missing = start(made, "status", PATH=str(tmp_path), PYTHON="", FEDLAB_VENV=f"{tmp_path}/venv")
    assert missing.returncode == 69
    assert "sudo apt install python3 python3-venv" in missing.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
def test_an_environment_made_with_sudo_is_named(checkout: Path) -> None:
    open_to(checkout)
    (checkout / "requirements.lock").write_text("# newer pins\n")
    refused = start(checkout, "status", user=NOBODY)
    assert refused.returncode == 69, refused
    assert "belongs to another user (made with sudo?)" in refused.stderr
    assert f"sudo rm -r '{checkout}/.venv'" in refused.stderr


@pytest.mark.skipif(os.geteuid() != 0, reason="needs to become another user")
def test_a_read_only_checkout_runs_and_says_where_an_environment_can_go(checkout: Path) -> None:
    open_to(checkout)
    ran = start(checkout, "status", user=NOBODY)
    assert (ran.returncode, ran.stdout) == (0, "['status']\n"), ran.stderr
    shutil.rmtree(checkout / ".venv")
    refused = start(checkout, "status", user=NOBODY)
    assert refused.returncode == 69
    assert "set FEDLAB_VENV to a folder of yours" in refused.stderr
