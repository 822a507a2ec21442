"""Property lists: their text, and whether every key is one of Apple's with a value of its kind."""

import plistlib
from pathlib import Path
from typing import Any

import pytest

from daemon.service import launchd
from daemon.service.record import Scope, Seal, seal_of
from tests.daemon.service.conftest import MakeRecord

GOLDEN = Path(__file__).with_name("golden")

#: The keys of launchd.plist(5) that could be of use here, with the kind of their values. KeepAlive is a truth or a
#: dictionary of conditions; resource limits are dictionaries of numbers.
_LIMITS = dict.fromkeys(
    (
        "Core", "CPU", "Data", "FileSize", "MemoryLock", "NumberOfFiles", "NumberOfProcesses",
        "ResidentSetSize", "Stack",
    ),
    int,
)  # fmt: skip
APPLE: dict[str, Any] = {
    "Label": str, "Disabled": bool, "UserName": str, "GroupName": str, "InitGroups": bool, "Program": str,
    "ProgramArguments": [str], "EnableGlobbing": bool, "EnableTransactions": bool, "OnDemand": bool,
    "KeepAlive": {"SuccessfulExit": bool, "Crashed": bool, "PathState": {str: bool}, "OtherJobEnabled": {str: bool}},
    "RunAtLoad": bool, "RootDirectory": str, "WorkingDirectory": str, "EnvironmentVariables": {str: str},
    "Umask": int, "TimeOut": int, "ExitTimeOut": int, "ThrottleInterval": int, "StartInterval": int,
    "StandardInPath": str, "StandardOutPath": str, "StandardErrorPath": str, "Debug": bool, "WaitForDebugger": bool,
    "SoftResourceLimits": _LIMITS, "HardResourceLimits": _LIMITS, "Nice": int, "ProcessType": str,
    "AbandonProcessGroup": bool, "LowPriorityIO": bool, "LowPriorityBackgroundIO": bool, "LaunchOnlyOnce": bool,
    "SessionCreate": bool, "LimitLoadToSessionType": [str],
}  # fmt: skip
PROCESS_TYPES = {"Background", "Standard", "Adaptive", "Interactive"}


def faults(value: object, kind: Any, place: str = "") -> list[str]:
    """Name what of ``value`` is not of its kind: a type, a list of one kind, or a dictionary of them."""
    if isinstance(kind, list):
        if not isinstance(value, list):
            return [f"{place}: no array"]
        return [
            fault for number, one in enumerate(value) for fault in faults(one, kind[0], f"{place}[{number}]")
        ]
    if isinstance(kind, dict):
        if not isinstance(value, dict):
            return [f"{place}: no dictionary"]
        found = []
        for key, one in value.items():
            wanted = kind.get(str) or kind.get(key)
            found += faults(one, wanted, f"{place}.{key}") if wanted else [f"{place}.{key}: no such key"]
        return found
    return [] if type(value) is kind else [f"{place}: {value!r} is no {kind.__name__}"]


SERVICES: dict[str, dict[str, Any]] = {
    "user": {"scope": Scope.USER},
    "system": {"scope": Scope.SYSTEM, "user": "shop"},
}

each_service = pytest.mark.parametrize("kind", SERVICES)


@each_service
def test_a_property_list_is_this_text(kind: str, make_record: MakeRecord) -> None:
    text = launchd.render(make_record(**SERVICES[kind]))
    assert text == (GOLDEN / f"{kind}.plist").read_text(encoding="utf-8")
    assert seal_of(text) is Seal.OURS


@each_service
def test_a_property_list_says_what_apple_documents(kind: str, make_record: MakeRecord) -> None:
    record = make_record(**SERVICES[kind])
    facts = plistlib.loads(launchd.render(record).encode())
    assert faults(facts, APPLE) == []
    assert facts["ProcessType"] in PROCESS_TYPES
    assert facts["Label"] == record.name
    assert tuple(facts["ProgramArguments"]) == record.argv
    assert facts["EnvironmentVariables"] == dict(record.environment)
    assert facts.get("UserName", "") == record.user


def test_the_schema_finds_faults() -> None:
    assert faults(
        {"Lable": "x", "Umask": "022", "ProgramArguments": "ls", "KeepAlive": {"Fails": True}}, APPLE
    ) == [
        ".Lable: no such key",
        ".Umask: '022' is no int",
        ".ProgramArguments: no array",
        ".KeepAlive.Fails: no such key",
    ]


def test_agents_outlive_the_service_and_a_failed_one_is_started_again(make_record: MakeRecord) -> None:
    facts = plistlib.loads(launchd.render(make_record()).encode())
    assert facts["AbandonProcessGroup"] is True
    assert facts["KeepAlive"] == {"SuccessfulExit": False}


def test_odd_values_come_through_whole(make_record: MakeRecord) -> None:
    environment = (("PATH", "/a b:/<&>:/100%:/Zürich"), ("EMPTY", ""))
    record = make_record(root=Path("/Users/kim/my <company> & sons"), environment=environment)
    text = launchd.render(record)
    assert launchd.environment_of(text) == dict(environment)
    assert plistlib.loads(text.encode())["WorkingDirectory"] == str(record.root)


def test_a_control_character_is_refused(make_record: MakeRecord) -> None:
    with pytest.raises(ValueError, match="control characters"):
        launchd.render(make_record(root=Path("/Users/kim/a\x07b")))


@pytest.mark.parametrize(
    "text", ["", "no list", "<plist><dict></plist>", '<plist version="1.0"><array/></plist>']
)
def test_what_is_no_property_list_sets_nothing(text: str) -> None:
    assert launchd.environment_of(text) == {}
