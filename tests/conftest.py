"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples at every run, and no verdict that hangs on how busy the machine is. One failure
# at a time, so that what a mutant breaks is an AssertionError and no group of them.
settings.register_profile(
    "fedlab", derandomize=True, deadline=None, database=None, report_multiple_bugs=False
)
settings.load_profile("fedlab")

REPO = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of known answers and real files beside the checkout.

    A stranger's clone has none: the test is skipped with a word. CI has it, and fails without.
    """
    folder = REPO.parent / "shared"
    if not (folder / "vectors").is_dir():
        if os.environ.get("CI"):
            pytest.fail(f"CI needs the known answers in {folder}")
        pytest.skip("the known answers (../shared) are not beside this checkout")
    return folder
