"""The API keeps to its OpenAPI document, whatever it is asked: nothing fails or is undocumented."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import load_all_checks
from schemathesis.core.failures import FailureGroup
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from fedlab.node.api.routes import ENDPOINTS, document
from tests.e2e.nodes import Lab

EXAMPLES = 30  # an operation and way of asking; more found nothing more
CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
load_all_checks()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    lab = Lab(tmp_path_factory.mktemp("asked"), "Ponant", (48.39, -4.49))
    lab.run("item", "add", "--name", "Découpeuse laser", "--code", "LASER", "--terms", "use")
    with lab.running():
        yield lab


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("row", ENDPOINTS, ids=lambda row: f"{row.method} {row.path}")
def test_every_answer_is_documented(lab: Lab, row: Any, mode: GenerationMode) -> None:
    if mode is GenerationMode.NEGATIVE and all(one.place == "path" for one in row.params):
        pytest.skip("any text may stand in a path: nothing can be asked wrongly here")
    token = json.loads((lab.data / "control.json").read_text())["token"]
    operation = from_dict(json.loads(document()))[row.path][row.method]

    @settings(
        max_examples=EXAMPLES,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def ask(case: Any) -> None:
        answer = case.call(base_url=lab.url, headers={"Authorization": f"Bearer {token}"})
        case.validate_response(answer, checks=CHECKS)

    ask()


def test_an_undocumented_answer_is_seen(lab: Lab) -> None:
    """Negative control: a document that knows no 404 fails on one."""
    described = json.loads(document())
    path = "/api/v1/items/{lab}/{code}"
    del described["paths"][path]["get"]["responses"]["404"]
    case = from_dict(described)[path]["GET"].Case(path_parameters={"lab": "zz", "code": "NONE"})
    with pytest.raises(FailureGroup):
        case.validate_response(case.call(base_url=lab.url), checks=CHECKS)
