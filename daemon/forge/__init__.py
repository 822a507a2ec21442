"""Where delivered branches wait for a person's yes: which forge a repository has."""

from collections.abc import Mapping
from functools import lru_cache
from urllib.parse import urlsplit

from company.config import Config
from company.config.loading import secret
from company.config.records import GithubConfig
from company.work.pull_request import slug_in
from daemon.forge.github import GithubForge


def slug_of(config: Config, target: str, remote: str) -> str | None:
    """Return a job's target as ``owner/name`` at the configured GitHub; None where it is not there."""
    repository = config.repository(target)
    if repository is not None and repository.github is not None:
        return repository.github
    return slug_in(remote, web_host(config))


def web_host(config: Config) -> str:
    """Return the host of repositories' addresses: github.com, or the Enterprise server's."""
    host = urlsplit(config.github.api_url).hostname or ""
    return "github.com" if host == "api.github.com" else host


def web_origin(config: Config) -> str:
    """Return scheme, host and port of repositories' https addresses there: https://github.com."""
    api = urlsplit(config.github.api_url)
    return "https://github.com" if api.hostname == "api.github.com" else f"{api.scheme}://{api.netloc}"


def github_token(environment: Mapping[str, str]) -> str | None:
    """Return GITHUB_TOKEN, or what the file GITHUB_TOKEN_FILE holds. Raises ConfigError for an unusable file."""
    return secret(environment, "GITHUB_TOKEN")


def github_forge(
    config: Config, target: str, remote: str, environment: Mapping[str, str]
) -> GithubForge | None:
    """Return a job's target at GitHub; None where it is not there, or without a token to speak to it."""
    slug = slug_of(config, target, remote)
    token = github_token(environment) if slug else None
    return _github(config.github, slug, token) if slug and token else None


@lru_cache(maxsize=64)
def _github(config: GithubConfig, slug: str, token: str) -> GithubForge:
    """Keep one a repository: it remembers what it has seen, so that looking again is asking conditionally."""
    return GithubForge(config, slug, token)
