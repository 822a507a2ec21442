"""The settings of a priority file: each key read, and each fault refused by its line with a mend."""

import pytest

from company.errors import PriorityFileError
from company.work.priority import Check, Priority, parse_priority, render_priority


def parse(front: str) -> Priority:
    return parse_priority(f"---\n{front}\n---\n# Do it\n".encode(), "a.md")


def test_every_key_is_read() -> None:
    priority = parse(
        "team: engineering\nrepo: git@example.org:a/b.git\nbranch: feature/x\nbase: v1.2\nmodel: opus\n"
        "runner: claude\nagents: [backend, Senior Reviewer]\nmax_iterations: 5\nbudget_usd: 2\n"
        "depends_on: [job-1764061200000-abc1234, add-login.md]\npriority: urgent\nschedule: every weekday 09:00\n"
        "setup:\n  - npm ci\n  - [sleep, 1]\nchecks:\n  - npm test\n  - {name: lint, run: 'npm run lint'}"
    )
    assert (priority.team, priority.repo, priority.branch) == (
        "engineering",
        "git@example.org:a/b.git",
        "feature/x",
    )
    assert (priority.base, priority.model, priority.runner) == ("v1.2", "opus", "claude")
    assert priority.agents == ("backend", "Senior Reviewer")
    assert (priority.max_iterations, priority.budget_usd, priority.priority) == (5, 2.0, 0)
    assert priority.depends_on == ("job-1764061200000-abc1234", "add-login.md")
    assert priority.schedule == "every weekday 09:00"
    assert priority.setup == (("npm", "ci"), ("sleep", "1"))
    assert priority.checks == (Check("npm test", ("npm", "test")), Check("lint", ("npm", "run", "lint")))


def test_nothing_settled_is_as_configured() -> None:
    for text in (
        "# Do it\n",
        "---\n---\n# Do it\n",
        "---\n# a comment\nbranch:\nbudget_usd: null\n---\n# Do it\n",
    ):
        priority = parse_priority(text.encode(), "a.md")
        assert (priority.title, priority.branch, priority.budget_usd, priority.priority) == (
            "Do it",
            None,
            None,
            2,
        )
        assert (priority.agents, priority.checks, priority.setup, priority.depends_on) == ((), (), (), ())


def test_a_single_command_or_name_needs_no_list() -> None:
    priority = parse("agents: backend, frontend\nsetup: npm ci\nchecks: npm test\ndepends_on: a.md")
    assert priority.agents == ("backend", "frontend")
    assert (priority.setup, priority.checks) == ((("npm", "ci"),), (Check("npm test", ("npm", "test")),))
    assert priority.depends_on == ("a.md",)


@pytest.mark.parametrize(("word", "rank"), [("urgent", 0), ("High", 1), ("2", 2), ("3", 3)])
def test_a_priority_is_a_word_or_its_number(word: str, rank: int) -> None:
    assert parse(f"priority: {word}").priority == rank


def test_blank_lines_and_a_byte_order_mark_may_stand_before_it() -> None:
    assert parse_priority("\ufeff\n \n---\nbranch: x\n---\n# Do it\n".encode(), "a.md").branch == "x"


@pytest.mark.parametrize("end", ["\r\n", "\r"])
def test_the_line_ends_of_other_systems_are_taken_and_counted(end: str) -> None:
    text = "---\nbranch: x\nbudget_usd: no\n---\n# Do it\n"
    assert (
        parse_priority(text.replace("budget_usd: no\n", "").replace("\n", end).encode(), "a.md").branch == "x"
    )
    with pytest.raises(PriorityFileError) as caught:
        parse_priority(text.replace("\n", end).encode(), "a.md")
    assert caught.value.line == 3


def test_a_rule_in_the_text_is_no_front_matter() -> None:
    priority = parse_priority(b"# Do it\n\n---\nbranch: x\n---\n", "a.md")
    assert priority.branch is None
    assert "branch: x" in priority.description


FAULTS = [
    ("brnch: x", 2, "no such key: 'brnch'", "did you mean branch?"),
    ("zzz: 1", 2, "no such key", "the keys are: team, repo"),
    ("team: a\nteam: b", 3, "a second time", "key: value"),
    ("- a\n- b", 2, "no list of keys and values", "key: value"),
    ("just words", 2, "no list of keys and values", "# title"),
    ("branch: x\nbase: [a", None, "not YAML", "key: value"),
    ("a: &x 1", 2, "an anchor", "key: value"),
    ("model: !!python/name:os.system x", 2, "a tag", "key: value"),
    ("branch: 2026", 2, "put it in quotes", "feature/login"),
    ("branch: -d", 2, "an option to git", "feature/login"),
    ("branch: 'a b'", 2, "cannot stand in a branch name", "feature/login"),
    ("branch: ../x", 2, "is no branch name", "feature/login"),
    ("branch: HEAD", 2, "something else to git", "feature/login"),
    ("base: --force", 2, "an option to git", "main"),
    ("repo: 'ext::sh -c id'", 2, "runs a program", "https://"),
    ("repo: --upload-pack=id", 2, "an option to git", "https://"),
    ("repo: https://t0ken@example.org/a", 2, "without credentials", "https://"),
    ("team: [a]", 2, "must be text", "team: engineering"),
    ('team: "a\\nb"', 2, "one line of text", "team: engineering"),
    ("model: -x", 2, "is no name", "sonnet"),
    ("runner: $(id)", 2, "is no name", "command"),
    ("agents: 5", 2, "must be a list", "agents: [backend"),
    ("agents:\n  - a\n  - 5", 4, "put it in quotes", "agents: [backend"),
    ("agents: {a: b}", 2, "must be a list", "agents: [backend"),
    (f"agents: [{', '.join(f'a{n}' for n in range(101))}]", 2, "more than 100", "agents: [backend"),
    ("checks:\n  - pytest\n  - pytest | tee x", 4, "needs a shell", "a program and its arguments"),
    ("checks:\n  - {name: a, cmd: b}", 3, "the keys name and run", "a program and its arguments"),
    ("checks:\n  - {name: a, run: b}\n  - {name: a, run: c}", 4, "a second check named 'a'", "a program"),
    ("setup: 'a; b'", 2, "needs a shell", "a program and its arguments"),
    ("setup:\n  - [a, 1.5]", 3, "put it in quotes", "a program and its arguments"),
    ("max_iterations: 0", 2, "from 1 to 20", "max_iterations: 3"),
    ("max_iterations: 2.5", 2, "from 1 to 20", "max_iterations: 3"),
    ("max_iterations: true", 2, "from 1 to 20", "max_iterations: 3"),
    ("max_iterations: 99999999999999999999", 2, "from 1 to 20", "max_iterations: 3"),
    ("budget_usd: .nan", 2, "no amount", "2.50"),
    ("budget_usd: .inf", 2, "no amount", "2.50"),
    ("budget_usd: 1e999", 2, "no amount", "2.50"),
    ("budget_usd: -1", 2, "no amount", "2.50"),
    ("budget_usd: lots", 2, "a number of US dollars", "2.50"),
    ("budget_usd: false", 2, "a number of US dollars", "2.50"),
    ("priority: 4", 2, "urgent, high, medium, low", "high"),
    ("priority: true", 2, "urgent, high, medium, low", "high"),
    ("priority: soon", 2, "urgent, high, medium, low", "high"),
    ("depends_on: [[a]]", 2, "put it in quotes", "job ids or file names"),
    ("schedule: now and then", 2, "schedule", "every weekday 09:00"),
    ("schedule: 5", 2, "put it in quotes", "every weekday 09:00"),
]


@pytest.mark.parametrize(("front", "line", "reason", "mend"), FAULTS)
def test_each_fault_is_refused_by_line_reason_and_mend(
    front: str, line: int | None, reason: str, mend: str
) -> None:
    with pytest.raises(PriorityFileError) as caught:
        parse(front)
    assert reason in caught.value.reason
    assert mend in caught.value.mend
    if line is not None:
        assert caught.value.line == line
    assert caught.value.name == "a.md"


def test_front_matter_that_never_closes_is_refused() -> None:
    with pytest.raises(PriorityFileError, match="never closes") as caught:
        parse_priority(b"\n---\nbranch: x\n# Do it\n", "a.md")
    assert (caught.value.line, caught.value.mend) == (2, "close it by a line with ---")


def test_settings_are_written_as_a_person_would() -> None:
    front = (
        "team: engineering\nbranch: feature/x\nschedule: \"every weekday 09:00\"\npriority: high\nmax_iterations: 2\n"
        "budget_usd: 2.5\nagents: [backend]\nsetup:\n  - [npm, ci]\nchecks:\n  - name: all\n    run: [npm, test]"
    )  # fmt: skip
    assert render_priority(parse(front)) == f"---\n{front}\n---\n# Do it\n"
