"""The library can be installed, and is tested where it is kept."""

import tomllib
import unittest
from pathlib import Path

import pricelist

ROOT = Path(__file__).resolve().parent.parent


class Packaging(unittest.TestCase):
    def test_the_metadata_is_the_package_s_own(self):
        path = ROOT / "pyproject.toml"
        self.assertTrue(path.is_file(), "pyproject.toml is missing")
        project = tomllib.loads(path.read_text(encoding="utf-8"))["project"]
        self.assertEqual(project["name"], pricelist.__name__)
        self.assertEqual(project["version"], pricelist.__version__)
        self.assertEqual(project["description"], pricelist.__doc__)
        self.assertEqual(project["dependencies"], [])

    def test_the_tests_run_on_every_push(self):
        path = ROOT / ".github" / "workflows" / "tests.yml"
        self.assertTrue(path.is_file(), ".github/workflows/tests.yml is missing")
        self.assertIn("run: python -m unittest", path.read_text(encoding="utf-8"))
