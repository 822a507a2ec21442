"""Render the public price page: public/index.html.

    python tools/render_page.py

Columns and their kinds come from schema/item.json (tools/exact_money.py writes it), title, name
and version from pyproject.toml (tools/write_metadata.py writes it), the rows from prices.csv.
Decimals are shown with the digits they have in the list, aligned right. Without one of the files
there is no page, and it says which is missing.
"""

import csv
import json
import sys
import tomllib
from html import escape
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
  body {{ font: 1rem/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 48rem }}
  table {{ border-collapse: collapse; width: 100% }}
  th, td {{ border-bottom: 1px solid #ccc; padding: .4rem .6rem; text-align: left }}
  .decimal {{ font-variant-numeric: tabular-nums; text-align: right }}
</style>
<h1>{title}</h1>
<table>
{rows}
</table>
<p>{name} {version}</p>
</html>
"""


def rows_of(schema, path):
    """Return the table rows: the heading, then one a row of the list."""
    columns = schema["properties"]
    kinds = [
        ' class="decimal"' if kind.get("format") == "decimal" else "" for kind in columns.values()
    ]
    with path.open(encoding="utf-8", newline="") as file:
        listed = [[row[column] for column in columns] for row in csv.DictReader(file)]
    heading = [column.capitalize() for column in columns]
    tables = [("th", heading), *(("td", row) for row in listed)]
    return "\n".join(
        "<tr>"
        + "".join(f"<{tag}{k}>{escape(c)}</{tag}>" for k, c in zip(kinds, cells, strict=True))
        + "</tr>"
        for tag, cells in tables
    )


def main():
    schema_path, project_path = ROOT / "schema" / "item.json", ROOT / "pyproject.toml"
    missing = [path.relative_to(ROOT) for path in (schema_path, project_path) if not path.is_file()]
    if missing:
        sys.exit(f"no page without {' and '.join(map(str, missing))}")
    schema = json.loads(schema_path.read_text(encoding="utf-8"))
    project = tomllib.loads(project_path.read_text(encoding="utf-8"))["project"]
    page = PAGE.format(
        title=escape(project["description"]),
        name=escape(project["name"]),
        version=escape(project["version"]),
        rows=rows_of(schema, ROOT / "prices.csv"),
    )
    target = ROOT / "public" / "index.html"
    target.parent.mkdir(exist_ok=True)
    target.write_text(page, encoding="utf-8")
    print(f"{target.relative_to(ROOT)}: {page.count('<tr>') - 1} items")


if __name__ == "__main__":
    main()
