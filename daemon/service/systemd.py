"""A program of the company as a systemd unit: pure text.

What is left out is left out on purpose. The sandbox of a unit also holds the agents, the checks and the setups that
the service starts, and these build, test, download, and put sandboxes of their own around what they run:

* ``PrivateTmp``: agents outlive a restart. The next start would see another /tmp than they do.
* ``ProtectProc``, ``ProcSubset``, ``ProtectKernelTunables``, ``ProtectKernelLogs``, ``ProtectHostname``: each covers a
  part of /proc, or forbids what bubblewrap calls. Linux then refuses a fresh /proc to every namespace within (measured:
  with /proc/kmsg covered, ``unshare -Urpf --mount-proc`` fails), and agents that sandbox their tools stop working.
  What these settings protect needs capabilities, and the unit has none.
* ``RestrictNamespaces``, ``SystemCallFilter``, ``PrivateUsers``, ``PrivateDevices``: the same sandboxes, browsers in
  tests, /dev/kvm, /dev/fuse.
* ``MemoryDenyWriteExecute``: node, java and every other just-in-time compiler. ``LockPersonality``: debuggers, and
  sanitizers that switch address randomisation off.
* ``RestrictSUIDSGID``: git sets the set-group-ID bit in repositories that a group shares, so pushing there would fail.
* ``ProtectHome``, ``ProtectSystem=strict``: agents use caches and logins in the home folder, and repositories may be
  anywhere; config.yaml can name a new one at any time.
* For a service of a user, everything that needs a mount namespace: the user's manager makes one by a user namespace,
  which some distributions forbid, and the service would not start at all.
"""

import re
import shlex

from daemon.service.record import (
    OPEN_FILES,
    RESTART_FIRST_S,
    RESTART_LAST_S,
    RESTART_STEPS,
    STOP_WITHIN_S,
    WATCHDOG_S,
    Scope,
    Seal,
    ServiceRecord,
    seal_line,
    seal_of,
)

BACK_OFF_SINCE = 254  # the first systemd with RestartSteps
RESTART_ALWAYS_S = 10  # where waiting cannot grow
START_WITHIN_S = 300  # migrations of a large database
#: What a service that runs as root, to let agents run as somebody else, surely does not need.
_NEVER_NEEDED = (
    "CAP_AUDIT_CONTROL", "CAP_BPF", "CAP_MAC_ADMIN", "CAP_MAC_OVERRIDE", "CAP_MKNOD", "CAP_NET_ADMIN", "CAP_NET_RAW",
    "CAP_PERFMON", "CAP_SYS_BOOT", "CAP_SYS_MODULE", "CAP_SYS_RAWIO", "CAP_SYS_TIME", "CAP_SYS_TTY_CONFIG",
    "CAP_SYSLOG",
)  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z0-9_@+=:,./-]+")
_NOT_IN_PROGRAM = frozenset("'\"\\$")  # systemd issue 11561
_NOT_HELD = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")  # control characters, and bytes that are no UTF-8


def unit_name(name: str) -> str:
    """Return the file's name for a service called ``name``."""
    return f"{name}.service"


def render(record: ServiceRecord, *, systemd_version: int) -> str:
    """Return the unit's text, sealed. Raises ValueError for a value that no unit can hold (a line end in a path)."""
    note = [
        "# Written by agent-service install. To change something: systemctl edit, which makes a file beside it."
    ]
    sections = (note + _unit(record), _service(record, systemd_version), _install(record))
    body = "\n".join("\n".join(lines) + "\n" for lines in sections)
    return f"# {seal_line(body)}\n{body}"


def environment_of(text: str) -> dict[str, str]:
    """Return the variables that a unit sets, as far as they stand in it; what cannot be read is left out."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        if not line.startswith("Environment="):
            continue
        try:
            settings = shlex.split(line.partition("=")[2])
        except ValueError:  # a person edited it, and left a quote open
            continue
        found |= {
            name: value.replace("%%", "%")
            for name, equals, value in (one.partition("=") for one in settings)
            if equals
        }
    return found


def without_environment(text: str) -> str:
    """Return a unit without its seal and its variables, for comparing two."""
    lines = text.splitlines(keepends=True)
    return "".join(
        line for line in lines if not line.startswith("Environment=") and seal_of(line) is Seal.FOREIGN
    )


def _unit(record: ServiceRecord) -> list[str]:
    lines = [
        "[Unit]",
        f"Description={_words(record.description)}",
        # Never give up: what keeps it from starting (a database, a disk) may be mended at night by itself.
        "StartLimitIntervalSec=0",
    ]
    if record.scope is Scope.SYSTEM:
        lines += [
            "Wants=network-online.target",
            "After=network-online.target",
            f"RequiresMountsFor={_quoted(str(record.root))}",
        ]
    return lines


def _service(record: ServiceRecord, systemd_version: int) -> list[str]:
    program, *arguments = record.argv
    if set(program) & _NOT_IN_PROGRAM:
        raise ValueError(
            f"systemd starts no program with quotes, a backslash or a dollar in its path: {program}"
        )
    command = " ".join([_quoted(program), *(_quoted(word).replace("$", "$$") for word in arguments)])
    return [
        "[Service]",
        "Type=notify",
        f"ExecStart={command}",
        f"WorkingDirectory={_bare(str(record.root))}",
        *([f"User={record.user}"] if record.scope is Scope.SYSTEM else []),
        *(f"Environment={_quoted(f'{name}={value}')}" for name, value in record.environment),
        "",
        f"TimeoutStartSec={START_WITHIN_S}",
        f"WatchdogSec={WATCHDOG_S}",
        *_restart(systemd_version),
        f"TimeoutStopSec={STOP_WITHIN_S}",
        "# Agents go on while the service is restarted or upgraded; it finds them again.",
        "KillMode=process",
        "# An agent that the kernel ends for its memory must not end the service.",
        "OOMPolicy=continue",
        f"LimitNOFILE={OPEN_FILES}",
        "# A core would hold what the environment holds.",
        "LimitCORE=0",
        "",
        "# Agents, checks and setups live in here as well: only what leaves builds and their own sandboxes alone.",
        *_sandbox(record),
    ]


def _restart(systemd_version: int) -> list[str]:
    if systemd_version < BACK_OFF_SINCE:
        return ["Restart=on-failure", f"RestartSec={RESTART_ALWAYS_S}"]
    return [
        "Restart=on-failure",
        f"RestartSec={RESTART_FIRST_S}",
        f"RestartSteps={RESTART_STEPS}",
        f"RestartMaxDelaySec={RESTART_LAST_S}",
    ]


def _sandbox(record: ServiceRecord) -> list[str]:
    lines = [
        "RestrictRealtime=yes",
        "RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK",
        "SystemCallArchitectures=native",
    ]
    if not record.changes_user:
        lines.append("NoNewPrivileges=yes")
    if record.scope is Scope.SYSTEM:
        needed_by_none = " ".join(_NEVER_NEEDED)
        lines += [
            f"CapabilityBoundingSet={f'~{needed_by_none}' if record.changes_user else ''}",
            "ProtectSystem=full",
            "ProtectControlGroups=yes",
            "ProtectKernelModules=yes",
        ]
    return lines


def _install(record: ServiceRecord) -> list[str]:
    target = "multi-user.target" if record.scope is Scope.SYSTEM else "default.target"
    return ["[Install]", f"WantedBy={target}"]


def _quoted(text: str) -> str:
    """Write one word of a line that systemd splits into words."""
    _refuse_control(text)
    if _PLAIN.fullmatch(text):
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"'


def _bare(text: str) -> str:
    """Write a value that systemd takes to the end of the line, quotes and all."""
    _refuse_control(text)
    if text != text.strip() or text.endswith("\\"):
        raise ValueError(f"{text!r} ends or begins with a character that a unit cannot hold there")
    return text.replace("%", "%%")


def _words(text: str) -> str:
    """Write a line for people: what a unit cannot hold is left out."""
    return " ".join(_NOT_HELD.sub(" ", text).split()).rstrip("\\").replace("%", "%%")


def _refuse_control(text: str) -> None:
    if _NOT_HELD.search(text):
        raise ValueError(f"{text!r} holds a character that a unit cannot hold")
