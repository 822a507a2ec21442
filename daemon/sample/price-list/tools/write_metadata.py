"""Write pyproject.toml and the CI workflow from what the source says of itself.

    python tools/write_metadata.py

The name is the package's, version and description are its ``__version__`` and docstring, the
dependencies are the modules it imports that neither Python nor this repository has. A second run
writes the same.
"""

import ast
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PYPROJECT = """\
[project]
name = {name}
version = {version}
description = {description}
readme = "README.md"
requires-python = ">={oldest}"
dependencies = {dependencies}

[build-system]
requires = ["setuptools>=77"]
build-backend = "setuptools.build_meta"

[tool.setuptools]
packages = {packages}
"""

WORKFLOW = """\
name: tests
on: [push, pull_request]
jobs:
  unittest:
    runs-on: ubuntu-latest
    strategy:
      matrix:
        python: ["{oldest}", "3.x"]
    steps:
      - uses: actions/checkout@v4
      - uses: actions/setup-python@v5
        with:
          python-version: ${{{{ matrix.python }}}}
      - run: python -m pip install .
      - run: python -m unittest
"""


def assigned(tree, name):
    """Return the constant that a module assigns to ``name``; None when it does not."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and any(ast.unparse(t) == name for t in node.targets):
            return ast.literal_eval(node.value)
    return None


def imported(path):
    """Return the top-level names a module imports."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def oldest_python():
    """Return the Python that ruff.toml names as the oldest, or the one that runs this."""
    settings = ROOT / "ruff.toml"
    for line in settings.read_text(encoding="utf-8").splitlines() if settings.is_file() else ():
        key, _, value = line.partition("=")
        if key.strip() == "target-version":
            return value.strip().strip('"').replace("py3", "3.")
    return f"{sys.version_info.major}.{sys.version_info.minor}"


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    print(f"{path.relative_to(ROOT)}: {len(text.splitlines())} lines")


def main():
    packages = sorted(
        path.parent for path in ROOT.glob("*/__init__.py") if path.parent.name != "tests"
    )
    tree = ast.parse((packages[0] / "__init__.py").read_text(encoding="utf-8"))
    ours = {package.name for package in packages}
    modules = [path for package in packages for path in package.rglob("*.py")]
    needed = set().union(*(imported(path) for path in modules)) - ours - sys.stdlib_module_names
    oldest = oldest_python()
    write(
        ROOT / "pyproject.toml",
        PYPROJECT.format(
            name=json.dumps(packages[0].name),
            version=json.dumps(assigned(tree, "__version__") or "0.0.0"),
            description=json.dumps(ast.get_docstring(tree) or ""),
            oldest=oldest,
            dependencies=json.dumps(sorted(needed)),
            packages=json.dumps(sorted(ours)),
        ),
    )
    write(ROOT / ".github" / "workflows" / "tests.yml", WORKFLOW.format(oldest=oldest))


if __name__ == "__main__":
    main()
