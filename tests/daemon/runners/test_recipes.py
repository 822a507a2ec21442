"""The recipes of docs/recipes.md, taken from the page and run on a repository."""

import re
import subprocess
from pathlib import Path

import pytest

import daemon
from company.config import Config, load_config
from company.work.priority import parse_priority
from daemon.processes.environment import agent_environment
from daemon.processes.spawn import Processes
from daemon.runners.command import CommandRunner
from daemon.runners.placeholders import refusal
from daemon.runners.protocol import RunResult
from tests.daemon.runners.rigs import agent_with, task_for

PAGE = (Path(daemon.__file__).parents[1] / "docs" / "recipes.md").read_text(encoding="utf-8")
RECIPES = re.findall(r"<!-- recipe: (\w+) -->\n```yaml\n(.*?)```\n\n```markdown\n(.*?)```", PAGE, re.DOTALL)
SCRIPTS = dict(re.findall(r"<!-- file: ([\w.]+) -->\n```python\n(.*?)```", PAGE, re.DOTALL))
TEAM = "teams:\n  - {id: team-engineering, name: Engineering, domain: engineering}\n"


class Shop:
    """A repository with work for every recipe."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.tree = folder / "worktree"
        self.tree.mkdir()
        for name, text in SCRIPTS.items():
            (folder / name).write_text(text, encoding="utf-8")
        self.write(
            "app.py",
            "def fetch_user(n):   \n    return n\t\n\nprint('fetch_user', fetch_user(1))  # fetch_user\n",
        )
        self.write("tést file.py", "from app import fetch_user, fetch_users\n")
        self.write("broken.py", "def (:\n    fetch_user '''\n")
        self.write("notes.txt", "kept   \n")
        self.write(
            "requirements.txt", "Requests[socks]==2.31.0  # pinned\nrequests-toolbelt==1.0.0\nurllib3>=2\n"
        )
        self.write("api/pyproject.toml", '[project]\ndependencies = ["requests == 2.30.0", "httpx==0.27"]\n')
        self.git("init", "-q")
        self.git("add", ".")
        self.write("untracked.py", "fetch_user   \n")

    def write(self, name: str, text: str) -> None:
        path = self.tree / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def read(self, name: str) -> str:
        return (self.tree / name).read_text(encoding="utf-8")

    def git(self, *arguments: str) -> str:
        done = subprocess.run(["git", *arguments], cwd=self.tree, check=True, capture_output=True, text=True)
        return done.stdout

    def changed(self) -> set[str]:
        return set(self.git("-c", "core.quotePath=false", "diff", "--name-only").splitlines())

    def run(self, recipe: str, task: str | None = None) -> RunResult:
        _, yaml, priority = next(one for one in RECIPES if one[0] == recipe)
        config = self.config(yaml)
        command = config.agents[0].command
        assert command is not None
        environment = agent_environment(config, {"PATH": "/usr/local/bin:/usr/bin:/bin"})
        title = parse_priority(priority.encode(), "chore.md").title
        task_to_run = task_for(self.folder, agent_with(*command), task=task or title, environment=environment)
        return CommandRunner(config, Processes(self.folder / "runs"), {}).run(task_to_run, lambda event: None)

    def config(self, yaml: str) -> Config:
        path = self.folder / "config.yaml"
        path.write_text(TEAM + yaml.replace("/srv/company/commands", str(self.folder)), encoding="utf-8")
        return load_config(path, {})


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_the_page_has_its_recipes() -> None:
    assert [name for name, _, _ in RECIPES] == ["format", "rename", "bump"]
    assert set(SCRIPTS) == {"rename.py", "bump.py"}


@pytest.mark.parametrize(("name", "yaml", "priority"), RECIPES, ids=[recipe[0] for recipe in RECIPES])
def test_a_recipe_is_good_configuration_with_a_good_priority_file(
    shop: Shop, name: str, yaml: str, priority: str
) -> None:
    agent = shop.config(yaml).agents[0]
    assert agent.command is not None
    assert refusal(agent.command) is None
    parsed = parse_priority(priority.encode(), "chore.md")
    assert parsed.agents == (agent.short_id,)
    assert any(word in parsed.title.lower() or name == "format" for word in agent.keywords)


def test_format_takes_spaces_from_the_ends_of_lines(shop: Shop) -> None:
    assert shop.run("format").ok
    assert shop.read("app.py").startswith("def fetch_user(n):\n    return n\n\nprint(")
    assert shop.changed() == {"app.py"}
    assert shop.read("notes.txt") == "kept   \n"


def test_rename_changes_identifiers_and_nothing_else(shop: Shop) -> None:
    result = shop.run("rename")
    assert result.ok
    assert shop.read("app.py").splitlines()[0] == "def load_user(n):   "
    assert shop.read("app.py").splitlines()[3] == "print('fetch_user', load_user(1))  # fetch_user"
    assert shop.read("tést file.py") == "from app import load_user, fetch_users\n"
    assert shop.changed() == {"app.py", "tést file.py"}
    assert set(result.feedback.completed) == {"renamed in app.py", "renamed in tést file.py"}
    assert [line.split(":")[0] for line in result.feedback.concerns] == ["broken.py was left alone"]


def test_bump_moves_the_pins_of_one_package(shop: Shop) -> None:
    result = shop.run("bump")
    assert result.ok
    assert shop.read("requirements.txt").splitlines() == [
        "Requests[socks]==2.32.4  # pinned",
        "requests-toolbelt==1.0.0",
        "urllib3>=2",
    ]
    assert (
        shop.read("api/pyproject.toml").splitlines()[1]
        == 'dependencies = ["requests == 2.32.4", "httpx==0.27"]'
    )
    assert shop.changed() == {"requirements.txt", "api/pyproject.toml"}
    assert len(result.feedback.completed) == 2


@pytest.mark.parametrize("recipe", ["rename", "bump"])
def test_a_task_without_names_fails_and_says_how_to_write_it(shop: Shop, recipe: str) -> None:
    result = shop.run(recipe, task="make it better; `rm -rf` $(touch pwned)")
    assert not result.ok
    assert result.reason.startswith("exit 1: the task names nothing to")
    assert shop.changed() == set()
    assert list(shop.folder.rglob("pwned")) == []
