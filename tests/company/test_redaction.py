"""Secrets do not get into what is written down."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from company.redaction import MARK, Redactor, secrets_of

PLANTED = {
    "anthropic": "sk-ant-api03-" + "aB3_" * 20,
    "openai": "sk-proj-" + "x9" * 24,
    "github": "ghp_" + "a1B2" * 9,
    "github fine-grained": "github_pat_" + "A1b2_" * 10,
    "gitlab": "glpat-" + "abcDEF123-_4567890xy",
    "slack bot": "xoxb-" + "123456789012-1234567890123-abcdefABCDEF",
    "slack app": "xapp-1-A0123456789-1234567890-" + "ab12" * 8,
    "aws": "AKIA" + "IOSFODNN7EXAMPLE",
    "google": "AIza" + "SyA1234567890abcdefghijklmnopqrstuv"[:35],
    "npm": "npm_" + "aB3d" * 9,
    "pypi": "pypi-" + "AgEIcHlwaS5vcmc" * 4,
    "jwt": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
}


@pytest.mark.parametrize("kind", PLANTED)
@pytest.mark.parametrize("line", ["{}", "key={}", 'export KEY="{}"', "Bearer {}, and more", '{{"k":"{}"}}'])
def test_tokens_are_known_by_their_shape(kind: str, line: str) -> None:
    secret = PLANTED[kind]
    redacted = Redactor().text(line.format(secret))
    assert secret not in redacted
    assert secret[-8:] not in redacted
    assert MARK in redacted


def test_a_password_in_a_url_is_redacted_and_the_rest_is_kept() -> None:
    text = "cloning https://someone:pa55word@example.org/a/b.git"
    assert Redactor().text(text) == f"cloning https://{MARK}@example.org/a/b.git"


@pytest.mark.parametrize(
    "text",
    [
        "git@github.com:owner/name.git",
        "https://example.org:8080/a@b",
        "task-based sk-learn",
        "a skeleton",
        "AKIA",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert Redactor().text(text) == text


def test_known_values_are_redacted_wherever_they_stand() -> None:
    redactor = Redactor(["correct horse", "correct horse battery"])
    assert redactor.text("a correct horse battery b correct horse") == f"a {MARK} b {MARK}"


def test_a_secret_of_several_lines_is_redacted_line_by_line_and_in_json() -> None:
    redactor = Redactor(["first-line\nsecond-line\n"])
    assert redactor.text("second-line") == MARK
    assert redactor.text(json.dumps({"key": 'a "quoted" value'})) == json.dumps({"key": 'a "quoted" value'})
    assert (
        Redactor(['a "quoted" value']).text(json.dumps({"key": 'a "quoted" value'})) == f'{{"key": "{MARK}"}}'
    )


def test_values_too_short_to_be_secrets_are_left_alone() -> None:
    assert Redactor(["1", "true"]).text("1 is true") == "1 is true"


def test_secrets_of_an_environment_are_told_by_name() -> None:
    found = secrets_of(
        {
            "ANTHROPIC_API_KEY": "value-one",
            "SLACK_BOT_TOKEN": " value-two ",
            "DB_PASSWORD": "value-three",
            "SSH_AUTH_SOCK": "/run/agent.sock",
            "PATH": "/usr/bin:/bin",
            "KEYBOARD": "value-four",
            "MONKEY": "value-five",
            "TOKEN": "short",
        }
    )
    assert found == {"value-one", "value-two", "value-three"}


def test_secrets_of_a_process_are_added_to_those_of_the_service() -> None:
    redactor = Redactor(["of-the-service"]).for_environment({"API_KEY": "of-the-agent"})
    assert redactor.text("of-the-service of-the-agent") == f"{MARK} {MARK}"


@given(st.text(max_size=200), st.sampled_from(sorted(PLANTED.values())), st.text(max_size=50))
def test_redacting_twice_changes_nothing_more(before: str, secret: str, after: str) -> None:
    redactor = Redactor(["known-value"])
    once = redactor.text(f"{before} {secret} known-value {after}")
    assert redactor.text(once) == once
    assert "known-value" not in once


@given(st.text(alphabet=st.characters(codec="utf-8"), min_size=6, max_size=30))
def test_any_known_value_is_redacted(secret: str) -> None:
    assert secret not in Redactor([secret]).text(f"a{secret}b").replace(MARK, "")


@pytest.mark.parametrize(
    "text",
    [
        "task-91bbce3f-7e73-5b75-af1a-34d8501da941",
        "disk-91bbce3f-7e73-5b75-af1a",
        "job-1795790876570-3dsxww6",
    ],
)
def test_the_companys_own_ids_are_no_secrets(text: str) -> None:
    assert Redactor().text(text) == text


def test_a_key_is_one_wherever_it_stands() -> None:
    key = "sk-ant-api03-abcdefghijklmnop"
    for text in (key, f"key={key}", f'"{key}"', f"KEY_{key}", f"({key})"):
        assert key not in Redactor().text(text)
