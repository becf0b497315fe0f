"""What the stories in a browser share: the browser."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from fedlab.node.config import Folder
from fedlab.node.service import Service
from tests.e2e.chromium import chromium
from tests.e2e.nodes import Lab
from tests.e2e.pages.fulllab import FullLab


# Not of the session: while it is open, no other test can run an event loop.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FullLab]:
    """A running lab with something of everything, for tests that leave it as usable as it was."""
    lab = FullLab(tmp_path_factory.mktemp("ponant"))
    with lab.running():
        yield lab


@pytest.fixture(scope="package")
def neighbour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Lab, str]]:
    """Another running lab, which nobody knows yet, and its admin's session."""
    lab = Lab(tmp_path_factory.mktemp("quai"), "Quai", (47.75, -3.36))
    lab.run("item", "add", "--name", "Tour à bois", "--terms", "use")
    with Service(Folder(lab.data)) as service:
        tom = service.members.add_first("Tom", "tom", "")
        session = service.members.begin_session(tom, "Chromium", "127.0.0.1")
    with lab.running():
        yield lab, session
