"""The documents say what the code does: an undocumented command fails, and so does a stale box.

`python -m tests.test_docs` writes the boxes of docs/reference/cli.md anew.
"""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from fedlab.node.cli.main import fedlab
from fedlab.node.web.access import ROUTES

REPO = Path(__file__).resolve().parents[1]
CLI_PAGE = REPO / "docs" / "reference" / "cli.md"
# A heading, prose, and the first box that begins with the command's usage.
BOX = re.compile(r"```text\nUsage: (fedlab[a-z \-]*?)(?: \[OPTIONS\]| [A-Z]).*?```", re.DOTALL)


def commands(group: click.Group, path: str) -> Iterator[tuple[str, click.Command]]:
    """Yield every command with its full name, in the order of `--help`."""
    for name in group.list_commands(click.Context(group)):
        command = group.commands[name]
        if isinstance(command, click.Group):
            yield from commands(command, f"{path} {name}")
        else:
            yield f"{path} {name}", command


COMMANDS = dict(commands(fedlab, "fedlab"))


def help_box(path: str) -> str:
    """Return what `--help` prints for a command, as a box."""
    _, *names = path.split()
    said = CliRunner().invoke(fedlab, [*names, "--help"], prog_name="fedlab", terminal_width=80)
    assert said.exit_code == 0
    return "```text\n" + said.output.rstrip() + "\n```"


def boxes(page: str) -> dict[str, str]:
    """Return the boxes of a page by the command that they show."""
    return {match[1]: match[0] for match in BOX.finditer(page)}


@pytest.mark.parametrize("path", COMMANDS)
def test_every_command_is_documented_as_it_is(path: str) -> None:
    page = CLI_PAGE.read_text()
    assert COMMANDS[path].help
    assert f"\n## {path}\n" in page, f"{path} has no section in {CLI_PAGE.name}"
    assert boxes(page).get(path) == help_box(path), "run: python -m tests.test_docs"


@pytest.mark.parametrize("names", [(), ("item",), ("bundle",)], ids=" ".join)
def test_no_summary_is_cut(names: tuple[str, ...]) -> None:
    """A list of commands shows the first sentence of each, on one line of 80."""
    said = CliRunner().invoke(fedlab, [*names, "--help"], prog_name="fedlab", terminal_width=80)
    assert said.exit_code == 0 and "...\n" not in said.output.partition("Commands:")[2]


def test_no_command_is_documented_that_is_not_there() -> None:
    assert set(boxes(CLI_PAGE.read_text())) == set(COMMANDS)


def test_a_stale_box_is_found() -> None:
    """The check has teeth: one word more in a box, and it is not what `--help` prints."""
    page = CLI_PAGE.read_text().replace("--name TEXT", "--name TEXT  please", 1)
    assert any(boxes(page)[path] != help_box(path) for path in COMMANDS)


def links(page: Path) -> Iterator[str]:
    """Yield the relative links of a page, without what is inside of boxes."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    shown = re.findall(r'<img src="([^"]+)"', text)
    for target in [*re.findall(r"\]\(([^)\s]+)\)", text), *shown]:
        if not re.match(r"[a-z]+:|#", target):
            yield target.partition("#")[0]


PAGES = sorted([*REPO.glob("*.md"), *REPO.glob("docs/**/*.md"), *REPO.glob("benchmarks/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_links_lead_somewhere(page: Path) -> None:
    assert [target for target in links(page) if not (page.parent / target).exists()] == []


PICTURES_BYTES_MAX = 1_500_000


def test_pictures_are_shown_and_light() -> None:
    """`python docs/screenshots.py` takes them anew."""
    pictures = set((REPO / "docs" / "images").glob("*.webp"))
    shown = {(page.parent / target).resolve() for page in PAGES for target in links(page)}
    assert pictures and sum(path.stat().st_size for path in pictures) < PICTURES_BYTES_MAX
    assert sorted(path.name for path in pictures - shown) == []


def test_every_page_stands_in_the_index() -> None:
    index = REPO / "docs" / "README.md"
    listed = {(index.parent / target).resolve() for target in links(index) if target[-3:] == ".md"}
    pages = set((REPO / "docs").glob("*/*.md"))
    assert listed == pages, f"{index} does not list {sorted(path.name for path in pages - listed)}"


HTTP_PAGE = REPO / "docs" / "reference" / "http.md"
ADDRESS = re.compile(r"`(?:GET )?(/[^\s`]*)`")


def undocumented(page: str) -> list[str]:
    """Return the addresses that answer a GET and that a page does not name; the API has OpenAPI."""
    pages = {path for method, path in ROUTES if method == "GET" and not path.startswith("/api/")}
    named = {path.replace("{L}/{N}[.p/{W}]", "{path}") for path in ADDRESS.findall(page)}
    return sorted(pages - named - {"/static"})


def test_every_page_is_documented() -> None:
    assert undocumented(HTTP_PAGE.read_text()) == []


def test_a_page_that_is_not_documented_is_found() -> None:
    page = HTTP_PAGE.read_text().replace("`/needs/new`, ", "")
    assert undocumented(page) == ["/needs/new"]


NAMED = re.compile(r"`((?:fedlab|tests|benchmarks|docs|deploy|docker)/[\w./-]*\.\w+)`")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(REPO)))
def test_files_that_a_page_names_are_there(page: Path) -> None:
    assert [name for name in NAMED.findall(page.read_text()) if not (REPO / name).exists()] == []


LAWS = REPO / "docs" / "explanation" / "laws.md"


@pytest.mark.parametrize("path", re.findall(r"`(tests/[^`]*\.py)`", LAWS.read_text()))
def test_the_tests_that_hold_the_laws_are_there(path: str) -> None:
    assert list(REPO.glob(path))


def write_boxes() -> None:
    """Write the boxes of the page anew, adding those that are not there yet."""
    page = CLI_PAGE.read_text()
    for path, box in boxes(page).items():
        if path in COMMANDS:
            page = page.replace(box, help_box(path))
    for path in COMMANDS:
        if path not in boxes(page):
            page = page.replace(f"\n## {path}\n", f"\n## {path}\n\n{help_box(path)}\n", 1)
    CLI_PAGE.write_text(page)


if __name__ == "__main__":
    write_boxes()
