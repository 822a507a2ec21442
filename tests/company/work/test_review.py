"""What no diff may contain."""

from company.work.review import review_diff

HEAD = "diff --git a/{0} b/{0}\n--- a/{0}\n+++ b/{0}\n@@ -1 +1,2 @@\n"


def diff(path: str, *added: str) -> str:
    return HEAD.format(path) + " kept\n" + "".join(f"+{line}\n" for line in added)


def found(text: str, owners: dict[str, str] | None = None) -> list[tuple[str | None, str]]:
    return [(one.agent_id, one.text) for one in review_diff(text, owners or {}, max_file_bytes=1000)]


def test_an_ordinary_diff_has_no_findings() -> None:
    assert found(diff("a.py", "x = 1", "======= a heading", "y = '<<<<<<<'")) == []


def test_conflict_markers_go_back_to_the_file_s_agent() -> None:
    assert found(diff("a.py", "<<<<<<< ours"), {"a.py": "agent-a"}) == [
        ("agent-a", "a.py: a merge conflict's markers were left in it")
    ]


def test_keys_and_tokens_are_found_and_never_repeated_in_the_finding() -> None:
    token = "ghp_" + "a" * 36
    [(_, text)] = found(diff("config.py", f"TOKEN = '{token}'"))
    assert text == "config.py: a line looks like a private key or an access token"
    assert found(diff("k.pem", "-----BEGIN " + "PRIVATE KEY-----"))


def test_a_removed_line_is_nobody_s_fault() -> None:
    assert found(HEAD.format("a.py") + "-<<<<<<< ours\n+fine\n") == []


def test_a_file_that_grows_too_much_is_named() -> None:
    assert found(diff("big.json", "x" * 1001)) == [
        (None, "big.json: more than 1000 bytes were added to one file")
    ]


def test_a_line_that_looks_like_a_header_inside_a_hunk_is_content() -> None:
    assert found(diff("a.txt", "++ b/other", "<<<<<<< ours"), {"a.txt": "agent-a"})[0][0] == "agent-a"
