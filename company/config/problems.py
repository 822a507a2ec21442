"""What is wrong with config.yaml, in words with a line: from pydantic's errors and from our own checks."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from company.closest import did_you_mean
from company.config.values import TOKEN, has_password
from company.yaml_text import KeyPath, YamlDocument

SHOWN_MAX = 10
_SECRET_KEY = re.compile(
    r"token|secret|passw(or)?d|passphrase|api_?key|private_?key|credential|webhook_url", re.IGNORECASE
)
_OF_SLACK = frozenset({"BOT_TOKEN", "APP_TOKEN", "SIGNING_SECRET"})
_PLAIN_WORDS = {
    "missing": "is missing",
    "bool_type": "must be true or false",
    "string_type": "must be text: put it in quotes",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_type": "must be a number",
    "finite_number": "must be a number, not infinity or NaN",
    "tuple_type": "must be a list: [one, two], or a '- one' on each line",
    "dict_type": "must be a mapping of name: value",
    "mapping_type": "must be a mapping of name: value",
    "model_type": "must be a mapping of name: value",
    "model_attributes_type": "must be a mapping of name: value",
    "path_type": "must be a path: put it in quotes",
    "is_instance_of": "must be a path",
    "string_too_short": "must not be empty",
}


@dataclass(frozen=True)
class Problem:
    """One thing to mend. ``key`` is dotted: ``limits.jobs_at_once``, ``agents[3].model``."""

    key: str
    reason: str
    line: int | None
    mend: str = ""

    def sentence(self) -> str:
        """Say it with its line."""
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.key}: {self.reason}" if self.key else f"{where}{self.reason}"


def dotted(path: Iterable[str | int]) -> str:
    """Write a path for people."""
    text = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return text.removeprefix(".")


def nearest(word: str, known: Iterable[str]) -> str:
    """Return '; did you mean x?' with the nearest known word, else the words there are."""
    words = sorted(known)
    return did_you_mean(word, words, f"one of: {', '.join(words)}")


def from_validation(error: ValidationError, document: YamlDocument, model: type[BaseModel]) -> list[Problem]:
    """Say each of pydantic's errors plainly, in the order of the file."""
    problems = [_problem(one, document, model) for one in error.errors(include_url=False)]
    return sorted(problems, key=lambda one: (one.line or 0, one.key))


def secrets_in(document: YamlDocument) -> list[Problem]:
    """Find values that look like access tokens or addresses with a password, wherever they stand."""
    return [
        Problem(
            dotted(path),
            "a secret: none may stand in this file",
            document.line_of(path),
            mend=_secret_mend(next((part for part in reversed(path) if isinstance(part, str)), "")),
        )
        for path, value in _texts(document.data, ())
        if TOKEN.search(value) or has_password(value)
    ]


def _texts(value: Any, path: KeyPath) -> Iterable[tuple[KeyPath, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _texts(inner, (*path, key))
    elif isinstance(value, list | tuple):
        for index, inner in enumerate(value):
            yield from _texts(inner, (*path, index))


def _problem(error: ErrorDetails, document: YamlDocument, model: type[BaseModel]) -> Problem:
    path = _path_in(error["loc"])
    line = document.line_of(path)
    if error["type"] == "extra_forbidden":
        return _unknown_key(path, line, model)
    return Problem(dotted(path), _words(error), line)


def _path_in(loc: tuple[int | str, ...]) -> KeyPath:
    """Return pydantic's location as a path: of a bad key it says where the value is, and then ``[key]``."""
    return tuple(part for part in loc if part != "[key]")


def _unknown_key(path: KeyPath, line: int | None, model: type[BaseModel]) -> Problem:
    key = str(path[-1])
    if _SECRET_KEY.search(key):
        return Problem(dotted(path), "a secret: none may stand in this file", line, mend=_secret_mend(key))
    return Problem(dotted(path), f"no such key; {nearest(key, _fields_at(model, path[:-1]))}", line)


def _secret_mend(key: str) -> str:
    name = re.sub(r"[^A-Z0-9]+", "_", key.upper()).strip("_") or "SECRET"
    name = "DATABASE_URL" if name == "URL" else name
    variable = f"SLACK_{name}" if name in _OF_SLACK else f"AGENT_SERVICE_{name}"
    return (
        f"take it out, and set the environment variable {variable}, "
        f"or {variable}_FILE to a file that holds it"
    )


def _fields_at(model: type[BaseModel], path: KeyPath) -> list[str]:
    """Return the keys that may stand at ``path``."""
    for part in path:
        if isinstance(part, str) and part in model.model_fields:
            inner = _model_in(model.model_fields[part].annotation)
            model = inner or model
    return [name for name in model.model_fields if name not in {"root", "path"} or path]


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) is None:
        return None
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


def _words(error: ErrorDetails) -> str:
    kind, context = error["type"], error.get("ctx", {})
    if kind in _PLAIN_WORDS:
        return _PLAIN_WORDS[kind]
    if kind == "value_error":
        return str(context["error"])
    if kind == "string_pattern_mismatch":
        return f"{error['input']!r} is no name here: it must match {context['pattern']}"
    if kind in {"literal_error", "enum"}:
        return f"{error['input']!r} is not one of {context['expected']}"
    return _bound(kind, context, error)


def _bound(kind: str, context: Mapping[str, Any], error: ErrorDetails) -> str:
    limits = {"greater_than": "gt", "greater_than_equal": "ge", "less_than": "lt", "less_than_equal": "le"}
    words = {"gt": "more than", "ge": "at least", "lt": "less than", "le": "at most"}
    if kind in limits:
        name = limits[kind]
        return f"{error['input']} is out of bounds: it must be {words[name]} {context[name]:g}"
    return error["msg"]
