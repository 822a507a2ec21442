"""The shipped configuration, in a company folder of the test's own."""

import shutil
from pathlib import Path

import pytest

from company.config import Config, load_config, shipped


@pytest.fixture
def config(tmp_path: Path) -> Config:
    path = tmp_path / "company" / "config.yaml"
    path.parent.mkdir()
    shutil.copyfile(shipped("config.yaml"), path)
    return load_config(path, {})
