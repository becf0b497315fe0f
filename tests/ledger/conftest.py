"""What the ledger's tests may ask for."""

from collections.abc import Iterator

import pytest
from hypothesis import Phase, settings

settings.register_profile(
    "mutant", settings.get_profile("fedlab"), phases=(Phase.explicit, Phase.generate)
)


@pytest.fixture
def mutant() -> Iterator[None]:
    """A property is about to fail on purpose: nobody wants the smallest example of that."""
    settings.load_profile("mutant")
    yield
    settings.load_profile("fedlab")
