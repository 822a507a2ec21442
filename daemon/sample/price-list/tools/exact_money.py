"""Rewrite a package's float money to Decimal, and describe its records in schema/.

    python tools/exact_money.py

Every float of the package is money, or a rate that money is multiplied by:

- the name ``float`` becomes ``Decimal``, as a type and as a call;
- a float literal becomes ``Decimal("...")`` with the digits as they were written;
- ``round(x, n)`` becomes ``x.quantize(...)``, half a unit up, as tax offices want it;
- ``sum(...)`` in a function that returns money starts from ``Decimal(0)``;
- a record of rows of a CSV file at the root gets the columns that it left out;
- ``schema/<record>.json`` says what a record holds, for whoever shows it.

The source is changed at the places the syntax tree names, so comments and layout stay. A second
run changes nothing.
"""

import ast
import csv
import json
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
JSON_TYPES = {
    "str": {"type": "string"},
    "int": {"type": "integer"},
    "bool": {"type": "boolean"},
    "Decimal": {"type": "string", "format": "decimal"},
}


class Source:
    """The text of a module and the edits to make in it."""

    def __init__(self, text):
        self.text = text
        self.tree = ast.parse(text)
        self.edits = []
        lines = text.splitlines(keepends=True)
        self._starts = [sum(len(line) for line in lines[:i]) for i in range(len(lines) + 1)]
        self._lines = lines

    def _at(self, line, column):
        """Turn the tree's line and UTF-8 column into a place in the text."""
        before = self._lines[line - 1].encode()[:column].decode()
        return self._starts[line - 1] + len(before)

    def start(self, node):
        return self._at(node.lineno, node.col_offset)

    def end(self, node):
        return self._at(node.end_lineno, node.end_col_offset)

    def line_after(self, node):
        return self._starts[node.end_lineno]

    def of(self, node):
        return self.text[self.start(node) : self.end(node)]

    def replace(self, start, end, text):
        self.edits.append((start, end, text))

    def edited(self):
        text = self.text
        for start, end, new in sorted(self.edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text


def make_exact(source):
    """Edit every float of a module; return the names it needs from decimal."""
    needed = set()
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Name) and node.id == "float":
            source.replace(source.start(node), source.end(node), "Decimal")
            needed.add("Decimal")
        elif isinstance(node, ast.Constant) and isinstance(node.value, float):
            source.replace(source.start(node), source.end(node), f'Decimal("{source.of(node)}")')
            needed.add("Decimal")
        elif is_call(node, "round", 2) and isinstance(node.args[1], ast.Constant):
            quantize(source, node)
            needed |= {"Decimal", "ROUND_HALF_UP"}
        elif isinstance(node, ast.FunctionDef) and is_name(node.returns, "float"):
            for call in ast.walk(node):
                if is_call(call, "sum", 1):
                    start_from_zero(source, call)
    return needed


def is_name(node, name):
    return isinstance(node, ast.Name) and node.id == name


def is_call(node, name, count):
    return isinstance(node, ast.Call) and is_name(node.func, name) and len(node.args) == count


def quantize(source, call):
    """round(x, 2) -> (x).quantize(Decimal("0.01"), ROUND_HALF_UP)."""
    amount, digits = call.args
    is_simple = isinstance(amount, ast.Name | ast.Attribute | ast.Call)
    unit = f"{10**-digits.value:.{digits.value}f}"
    opening, closing = ("", "") if is_simple else ("(", ")")
    source.replace(source.start(call), source.start(amount), opening)
    ending = f'{closing}.quantize(Decimal("{unit}"), ROUND_HALF_UP)'
    source.replace(source.end(amount), source.end(call), ending)


def start_from_zero(source, call):
    """sum(x) -> sum(x, Decimal(0)); a bare generator needs brackets of its own."""
    if isinstance(call.args[0], ast.GeneratorExp):
        source.replace(source.end(call.func), source.end(call.func), "(")
        source.replace(source.end(call), source.end(call), ", Decimal(0))")
    else:
        source.replace(source.end(call) - 1, source.end(call) - 1, ", Decimal(0)")


def add_import(source, names):
    """Import ``names`` from decimal, where a sorted list of imports has it."""
    line = f"from decimal import {', '.join(sorted(names, reverse=True))}\n"
    imports = [n for n in source.tree.body if isinstance(n, ast.Import | ast.ImportFrom)]
    earlier = [node for node in imports if comes_before_decimal(node)]
    if earlier:
        place = source.end(earlier[-1]) + 1
    elif imports:
        place = source.start(imports[0])
    else:
        has_docstring = ast.get_docstring(source.tree) is not None
        place = source.end(source.tree.body[0]) + 1 if has_docstring else 0
        line = f"\n{line}" if has_docstring else f"{line}\n\n"
    source.replace(place, place, line)


def comes_before_decimal(node):
    """Plain imports of the standard library, then its ``from`` imports by name."""
    if isinstance(node, ast.Import):
        return node.names[0].name.split(".")[0] in sys.stdlib_module_names
    module = (node.module or "").split(".")[0]
    return node.level == 0 and module < "decimal" and module in sys.stdlib_module_names


def records_of(tree):
    """Return the dataclasses of a module with their fields: name -> annotation as text."""
    return {
        node: {
            field.target.id: ast.unparse(field.annotation)
            for field in node.body
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)
        }
        for node in tree.body
        if isinstance(node, ast.ClassDef)
        and any("dataclass" in ast.unparse(d) for d in node.decorator_list)
    }


def add_columns(source, columns):
    """Give a record of CSV rows the columns it left out, in its definition and where it is made."""
    for record, fields in records_of(source.tree).items():
        missing = [column for column in columns if column not in fields]
        if not missing or not fields or not set(fields) <= set(columns):
            continue
        last = [node for node in record.body if isinstance(node, ast.AnnAssign)][-1]
        new_fields = "".join(f"{' ' * last.col_offset}{column}: str\n" for column in missing)
        place = source.line_after(last)
        source.replace(place, place, new_fields)
        for call in ast.walk(source.tree):
            if isinstance(call, ast.Call) and is_name(call.func, record.name) and call.keywords:
                add_arguments(source, call, missing)


def add_arguments(source, call, missing):
    """Item(sku=row["sku"], ...) -> Item(sku=row["sku"], ..., currency=row["currency"])."""
    rows = [
        source.of(keyword.value.value)
        for keyword in call.keywords
        if isinstance(keyword.value, ast.Subscript) and is_key(keyword.value.slice, keyword.arg)
    ]
    last = call.keywords[-1]
    if rows:
        gap = f",\n{' ' * last.col_offset}" if last.lineno > call.lineno else ", "
        text = "".join(f'{gap}{column}={rows[0]}["{column}"]' for column in missing)
        source.replace(source.end(last), source.end(last), text)


def is_key(node, name):
    return isinstance(node, ast.Constant) and node.value == name


def schema_of(record, fields):
    """Return the JSON schema of a flat record; None when it holds other records."""
    if not all(kind in JSON_TYPES for kind in fields.values()):
        return None
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": record.name,
        "description": ast.get_docstring(record) or "",
        "type": "object",
        "properties": {name: JSON_TYPES[kind] for name, kind in fields.items()},
        "required": list(fields),
    }


def columns_at(root):
    """Return the columns of the CSV files at the root, in their order."""
    columns = []
    for path in sorted(root.glob("*.csv")):
        with path.open(encoding="utf-8", newline="") as file:
            columns += next(csv.reader(file), [])
    return columns


def main():
    columns = columns_at(ROOT)
    packages = sorted({path.parent for path in ROOT.glob("*/__init__.py")} - {ROOT / "tests"})
    for path in sorted(file for package in packages for file in package.rglob("*.py")):
        source = Source(path.read_text(encoding="utf-8"))
        if needed := make_exact(source):
            add_import(source, needed)
        add_columns(source, columns)
        if source.edits:
            path.write_text(source.edited(), encoding="utf-8")
            print(f"{path.relative_to(ROOT)}: {len(source.edits)} places changed")
        for record, fields in records_of(ast.parse(path.read_text(encoding="utf-8"))).items():
            if schema := schema_of(record, fields):
                target = ROOT / "schema" / f"{record.name.lower()}.json"
                target.parent.mkdir(exist_ok=True)
                target.write_text(json.dumps(schema, indent=2) + "\n", encoding="utf-8")
                print(f"{target.relative_to(ROOT)}: {', '.join(fields)}")


if __name__ == "__main__":
    main()
