"""The command init: a company folder, for a service that was installed rather than cloned."""

import shlex
from pathlib import Path
from typing import Annotated

import typer

from company.errors import OrderRefused
from daemon.cli.options import Json
from daemon.cli.output import print_json, print_line

#: folder -> what its README says; the names are config.yaml's defaults
FOLDERS = {
    "priorities": """\
# priorities

The inbox. Drop a Markdown file here and it becomes a job: a `# title`, what is to be done under it, checkboxes for
tasks. The folders inside tell where each file's job stands: `queued/`, `running/`, `done/`, `failed/`, `blocked/`,
`stopped/`; what starts by itself is in `scheduled/`, what could not be taken is in `rejected/`, with the reason beside
it.
""",
    ".compound-state": """\
# .compound-state

The service's own: its database, the JSON state of each job, clones and worktrees of the repositories it works on.
Look at anything, change nothing while the service runs.
""",
    "logs": """\
# logs

`running-jobs/<job>.log`: one log a job, what the service, its agents and its checks said.
""",
    "reports": """\
# reports

`<job>/report.md` and `changes.patch` of each job, what agents wrote, and the daily evaluation.
""",
}


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder; it is made when it is not there.")],
    as_json: Json = False,
) -> None:
    """Make a company folder.

    It gets a config.yaml with every setting explained, and the folders of a company. A folder that has a config.yaml
    already is left alone.
    """
    from company.config import shipped

    made = make_company(folder)
    docs = shipped("docs")
    if as_json:
        print_json({"config": str(made), "docs": str(docs)})
    else:
        print_line(f"made {made}: look through it, then: cd {shlex.quote(str(folder))} && agent-service up")
        print_line(f"how to write priority files and agents: {docs}")


def make_company(folder: Path) -> Path:
    """Make the folder and return its config.yaml. Raises OrderRefused where there is a company already, OSError."""
    from company.config import shipped

    config = folder.absolute() / "config.yaml"
    folder.mkdir(parents=True, exist_ok=True)
    text = shipped("config.yaml").read_text(encoding="utf-8")
    try:
        with config.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise OrderRefused(
            "company_exists",
            f"{folder} is a company already",
            mend="take another folder, or edit its config.yaml",
        ) from None
    for name, readme in FOLDERS.items():
        (folder / name).mkdir(mode=0o750, exist_ok=True)
        path = folder / name / "README.md"
        if not path.exists():
            path.write_text(readme, encoding="utf-8")
    return config
