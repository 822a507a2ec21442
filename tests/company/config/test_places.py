"""Which config.yaml is meant."""

from pathlib import Path

import pytest

from company.config import find_config
from company.errors import ConfigError


@pytest.fixture
def company(tmp_path: Path) -> Path:
    (tmp_path / "acme" / "src" / "deep").mkdir(parents=True)
    (tmp_path / "acme" / "config.yaml").write_text("company: {name: Acme}\n", encoding="utf-8")
    return tmp_path / "acme"


def test_the_first_from_here_up_is_meant(company: Path) -> None:
    assert find_config(None, company, {}) == company / "config.yaml"
    assert find_config(None, company / "src" / "deep", {}) == company / "config.yaml"


def test_what_is_asked_for_wins_over_the_environment_and_that_over_here(
    company: Path, tmp_path: Path
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text("limits: {}\n", encoding="utf-8")
    environ = {"AGENT_SERVICE_CONFIG": str(other)}
    assert find_config(None, company, environ) == other
    assert find_config(company / "config.yaml", tmp_path, environ) == company / "config.yaml"
    assert find_config(Path("acme"), tmp_path, environ) == company / "config.yaml"


def test_no_company_is_refused_with_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="no company here or in a folder above"):
        find_config(None, tmp_path, {})
    for explicit, environ in (
        (tmp_path / "none.yaml", {}),
        (tmp_path, {}),
        (None, {"AGENT_SERVICE_CONFIG": "x"}),
    ):
        with pytest.raises(ConfigError) as caught:
            find_config(explicit, tmp_path, environ)
        assert caught.value.mend == "agent-service init DIR makes one"
