"""Secrets out of whatever is written down: exact values that are known, and shapes that tokens have.

Best effort, and said so in the security page: a secret that is split over lines, encoded, or read from a file
that the service does not know, passes. Redaction works line by line, only ever replaces, and may be repeated.
"""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

MARK = "[redacted]"
SECRET_MIN = 6  # characters; shorter values ('1', 'true') would redact half of every log

#: names of environment variables whose values are secrets
SECRET_NAME = re.compile(
    r"(?i)(^|_)(TOKEN|KEY|APIKEY|SECRET|SECRETS|PASSWORD|PASSWD|PASSPHRASE|PWD_HASH|CREDENTIALS?|PAT|DSN|AUTH)($|_)"
)

#: one regular expression a shape; in the subset that means the same for str and bytes
SHAPES = (
    r"(?<![A-Za-z0-9])sk-[A-Za-z0-9_-]{16,}",  # OpenAI, Anthropic, OpenRouter; not the end of task-<uuid>
    r"gh[pousr]_[A-Za-z0-9]{20,}",  # GitHub
    r"github_pat_[A-Za-z0-9_]{22,}",
    r"glpat-[A-Za-z0-9_-]{20,}",  # GitLab
    r"xox[a-z]-[A-Za-z0-9-]{10,}",  # Slack
    r"xapp-[A-Za-z0-9-]{10,}",
    r"AKIA[0-9A-Z]{16}",  # AWS access key id
    r"AIza[0-9A-Za-z_-]{35}",  # Google
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-[A-Za-z0-9_-]{50,}",
    r"eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]+",  # JSON web token
    r"(?<=://)[^/\s:@]{1,256}:[^/\s@]{1,256}(?=@)",  # user:password in a URL
    r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
)


def secrets_of(environ: Mapping[str, str]) -> frozenset[str]:
    """Return the values in ``environ`` that are secret by the name of their variable."""
    return frozenset(
        value.strip()
        for name, value in environ.items()
        if SECRET_NAME.search(name) and len(value.strip()) >= SECRET_MIN and not value.strip().startswith("/")
    )


def _forms(secret: str) -> Iterator[str]:
    """Yield the secret as it may stand in a log: as it is, line by line (a private key), escaped in JSON."""
    yield secret
    yield from (line.strip() for line in secret.splitlines())
    yield json.dumps(secret)[1:-1]


class Redactor:
    """Replaces secrets by ``[redacted]``. Immutable; safe to share between threads."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets = frozenset(
            form for secret in secrets for form in _forms(secret) if len(form) >= SECRET_MIN
        )
        self._pattern = re.compile(self.expression())

    def text(self, text: str) -> str:
        """Return ``text`` without secrets."""
        return self._pattern.sub(MARK, text)

    def value(self, value: Any, *, leaving: Collection[str] = ()) -> Any:
        """Return a JSON value without secrets; what stands under a key in ``leaving`` is left as it is."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                self.text(str(key)): one if key in leaving else self.value(one, leaving=leaving)
                for key, one in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.value(one, leaving=leaving) for one in value]
        return value

    def for_environment(self, environ: Mapping[str, str]) -> "Redactor":
        """Return a redactor that knows the secrets in ``environ`` too."""
        return Redactor(self._secrets | secrets_of(environ))

    def knowing(self, secrets: Iterable[str]) -> "Redactor":
        """Return a redactor that knows these values too."""
        return Redactor(self._secrets | {secret.strip() for secret in secrets})

    def expression(self) -> str:
        """Return the one regular expression: exact values, longest first, then shapes."""
        exact = sorted((re.escape(secret) for secret in self._secrets), key=lambda word: (-len(word), word))
        return "|".join((*exact, *SHAPES))
