"""The sample is a real repository that is red before, red with any two of its agents, and green with all three."""

import itertools
import resource
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from company.config import Config, RepositoryConfig
from daemon.git.command import Identity, run_git
from daemon.sample import Sample, make_sample

AGENTS = ("backend", "infrastructure", "frontend")  # in the order they work
EXPECTED_FILES = {
    ".gitignore", "README.md", "prices.csv", "ruff.toml",
    "pricelist/__init__.py", "pricelist/catalogue.py", "pricelist/invoice.py",
    "tests/__init__.py", "tests/test_money.py", "tests/test_packaging.py", "tests/test_page.py",
    "tools/exact_money.py", "tools/write_metadata.py", "tools/render_page.py",
}  # fmt: skip


def sample_entry(config: Config) -> RepositoryConfig:
    entry = config.repository("sample")
    assert entry is not None
    return entry


def make(config: Config) -> Sample:
    sample = make_sample(config)
    assert sample is not None
    return sample


def check_out(sample: Sample, folder: Path) -> Path:
    folder.mkdir(parents=True)
    run_git(("read-tree", "main"), git_dir=sample.remote, work_tree=folder)
    run_git(("checkout-index", "--all"), git_dir=sample.remote, work_tree=folder)
    return folder


def run(config: Config, argv: tuple[str, ...], folder: Path) -> int:
    """Run a command of config.yaml as the service does: in the tree, without any variable of ours."""
    filled = [sys.executable if argument == "{python}" else argument for argument in argv]
    ended = subprocess.run(
        filled, cwd=folder, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=False, timeout=60
    )
    return ended.returncode


def work(config: Config, agent: str, folder: Path) -> int:
    return run(config, sample_entry(config).commands[agent], folder)


def is_green(config: Config, folder: Path) -> bool:
    (check,) = sample_entry(config).checks
    return run(config, check.run, folder) == 0


def state_of(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }


def test_the_first_start_makes_a_repository_with_one_commit(config: Config) -> None:
    sample = make(config)
    assert sample.remote == config.folders.state / "sample" / "remote.git"
    assert run_git(("log", "--format=%an", "main"), git_dir=sample.remote).stdout == "Agent Service\n"
    listed = run_git(("ls-tree", "-r", "--name-only", "main"), git_dir=sample.remote).stdout.splitlines()
    assert set(listed) == EXPECTED_FILES
    assert run_git(("fsck", "--strict"), git_dir=sample.remote).stdout == ""
    assert list(sample.remote.parent.iterdir()) == [sample.remote]


def test_the_first_start_drops_one_priority_file(config: Config) -> None:
    sample = make(config)
    assert sample.priority_file == config.folders.priorities / "exact-prices.md"
    assert list(config.folders.priorities.iterdir()) == [sample.priority_file]
    assert "repo: sample" in sample.priority_file.read_text(encoding="utf-8")


def test_a_second_start_makes_and_drops_nothing(config: Config) -> None:
    first = make(config)
    assert first.priority_file is not None
    first.priority_file.unlink()
    before = state_of(first.remote)
    assert make(config) == Sample(remote=first.remote, priority_file=None)
    assert state_of(first.remote) == before
    assert list(config.folders.priorities.iterdir()) == []


def test_eight_starts_at_once_make_one(config: Config) -> None:
    together = threading.Barrier(8)
    made: list[Sample] = []

    def start() -> None:
        together.wait()
        made.append(make(config))

    threads = [threading.Thread(target=start) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 8
    assert sum(sample.priority_file is not None for sample in made) == 1
    remote = made[0].remote
    assert list(remote.parent.iterdir()) == [remote]
    assert run_git(("rev-list", "--count", "main"), git_dir=remote).stdout == "1\n"


@pytest.mark.parametrize("path", [None, "/somewhere/else.git"])
def test_a_company_with_work_of_its_own_gets_no_sample(config: Config, path: str | None) -> None:
    entries = () if path is None else (RepositoryConfig(name="sample", path=path),)
    assert make_sample(config.model_copy(update={"repositories": entries})) is None
    assert not config.folders.state.exists()
    assert not config.folders.priorities.exists()


def test_what_cannot_be_made_leaves_nothing_behind(config: Config) -> None:
    config.folders.state.mkdir(parents=True)
    (config.folders.state / "sample").write_text("a file stands in the way", encoding="utf-8")
    with pytest.raises(OSError, match="sample"):
        make_sample(config)
    assert not config.folders.priorities.exists()


def test_it_is_red_before_red_with_any_two_and_green_with_all_three(config: Config, tmp_path: Path) -> None:
    sample = make(config)
    for count in range(len(AGENTS) + 1):
        for chosen in itertools.combinations(AGENTS, count):
            folder = check_out(sample, tmp_path / ("-".join(chosen) or "nobody"))
            ended = [work(config, agent, folder) for agent in chosen]
            lacks_another = "frontend" in chosen and count < len(AGENTS)
            assert any(ended) == lacks_another, chosen
            assert is_green(config, folder) == (count == len(AGENTS)), chosen


def test_the_two_specialists_touch_different_files_so_their_order_is_free(
    config: Config, tmp_path: Path
) -> None:
    sample = make(config)
    one = check_out(sample, tmp_path / "one")
    other = check_out(sample, tmp_path / "other")
    before = state_of(one)
    assert work(config, "backend", one) == 0
    assert work(config, "infrastructure", other) == 0
    changed = [
        {name for name, text in state_of(at).items() if before.get(name) != text} for at in (one, other)
    ]
    assert changed[0] == {"pricelist/catalogue.py", "pricelist/invoice.py", "schema/item.json"}
    assert changed[1] == {"pyproject.toml", ".github/workflows/tests.yml"}


def test_each_agent_takes_less_than_a_second_and_changes_nothing_the_second_time(
    config: Config, tmp_path: Path
) -> None:
    folder = check_out(make(config), tmp_path / "tree")
    for agent in AGENTS:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        assert work(config, agent, folder) == 0
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        # processor time: the other load of the machine is not the script's
        assert after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime < 1
    done = state_of(folder)
    for agent in AGENTS:
        assert work(config, agent, folder) == 0
    assert state_of(folder) == done


def test_the_agents_work_on_what_the_repository_holds_and_not_on_what_we_expect(
    config: Config, tmp_path: Path
) -> None:
    """Another shop: other names, another record, another column, a comment and letters beyond ASCII."""
    folder = check_out(make(config), tmp_path / "tree")
    (folder / "prices.csv").write_text("art,preis,währung\n7,0.10,CHF\n", encoding="utf-8")
    (folder / "pricelist" / "catalogue.py").unlink()
    (folder / "pricelist" / "invoice.py").write_text(
        "from dataclasses import dataclass\n\n\n@dataclass\nclass Artikel:\n"
        '    """Ünïcode."""\n\n    art: str\n    preis: float  # in Fränkli\n\n\n'
        "def lesen(reihe):\n"
        '    return Artikel(art=reihe["art"], preis=float(reihe["preis"]))\n\n\n'
        'def summe(liste) -> float:\n    "Zähle"; return round(sum([a.preis for a in liste]) * 1.5 + 0, 1)\n',
        encoding="utf-8",
    )
    assert work(config, "backend", folder) == 0
    source = (folder / "pricelist" / "invoice.py").read_text(encoding="utf-8")
    assert "    preis: Decimal  # in Fränkli\n    währung: str\n" in source
    probe = (
        "from pricelist.invoice import lesen, summe\n"
        "one = lesen({'art': '7', 'preis': '0.10', 'währung': 'CHF'})\n"
        "assert one.währung == 'CHF'\nassert str(summe([one] * 3)) == '0.5', summe([one] * 3)\n"
    )
    assert run(config, ("{python}", "-c", probe), folder) == 0
    assert (folder / "schema" / "artikel.json").is_file()


def test_the_repository_can_be_cloned_and_pushed_to(config: Config, tmp_path: Path) -> None:
    sample = make(config)
    folder = check_out(sample, tmp_path / "tree")
    own = tmp_path / "own.git"
    own.mkdir()
    run_git(("init", "-q", "--bare", "--template="), git_dir=own)
    run_git(("fetch", "-q", str(sample.remote), "main:main"), git_dir=own)
    run_git(("symbolic-ref", "HEAD", "refs/heads/main"), git_dir=own)
    assert work(config, "infrastructure", folder) == 0
    run_git(("add", "--all"), git_dir=own, work_tree=folder)
    run_git(("commit", "-q", "-m", "Add metadata"), git_dir=own, work_tree=folder, identity=Identity())
    run_git(("push", "-q", str(sample.remote), "main:refs/heads/agent/job"), git_dir=own)
    heads = run_git(("for-each-ref", "--format=%(refname:short)"), git_dir=sample.remote).stdout
    assert heads.splitlines() == ["agent/job", "main"]
