"""Names and seals of services."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from daemon.service.record import Seal, seal_line, seal_of, service_name


def test_companies_in_folders_of_one_name_have_services_of_their_own() -> None:
    first, second = (service_name("daemon", Path(path)) for path in ("/srv/shop", "/home/kim/shop"))
    assert first.startswith("agent-service-daemon-shop-")
    assert first != second
    assert first == service_name("daemon", Path("/srv/shop"))


def test_a_folder_without_a_plain_name_still_has_a_service() -> None:
    assert service_name("daemon", Path("/srv/店")).startswith("agent-service-daemon-x-")


@given(body=st.text(alphabet=st.characters(exclude_categories=["Cs"])), edit=st.text(min_size=1))
def test_a_seal_tells_what_was_written_from_what_was_edited(body: str, edit: str) -> None:
    text = f"# {seal_line(body)}\n{body}"
    assert seal_of(text) is Seal.OURS
    assert seal_of(text + edit) is Seal.EDITED


def test_a_file_without_a_seal_is_not_ours() -> None:
    assert seal_of("") is Seal.FOREIGN
    assert seal_of("[Service]\nExecStart=/bin/true\n") is Seal.FOREIGN
