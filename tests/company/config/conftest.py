"""A config.yaml of the test's own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from company.config import Config, load_config
from company.errors import ConfigError

Load = Callable[..., Config]
Refuse = Callable[[str], ConfigError]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a text to config.yaml and load it."""

    def written_and_loaded(text: str, environ: dict[str, str] | None = None) -> Config:
        path = tmp_path / "config.yaml"
        path.write_text(text, encoding="utf-8")
        return load_config(path, environ or {})

    return written_and_loaded


@pytest.fixture
def refuse(load: Load) -> Refuse:
    """Load a text that must be refused, and return the error."""

    def refused(text: str) -> ConfigError:
        with pytest.raises(ConfigError) as caught:
            load(text)
        return caught.value

    return refused
