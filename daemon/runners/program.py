"""What all coding-agent programs have in common: how one is started, listened to, ended and judged.

A program's own module says what is its own: its arguments, its environment, the files it finds in its folder, and its
language (``streams/``). What it may do comes from configuration; a priority file or a repository has no say in it.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field

from company.config import Config, secret
from company.config.runners import ProgramConfig
from company.errors import ConfigError, RunnerNotFound
from company.work.permissions import Permissions
from daemon.processes.environment import agent_environment
from daemon.processes.spawn import EndReason, ProcessEnd, Processes, ProcessSpec
from daemon.runners.account import one_line
from daemon.runners.feedback import feedback_in, read_feedback
from daemon.runners.listening import Listener
from daemon.runners.placeholders import values_of, variables_of
from daemon.runners.probing import find_program, version_beside, version_in
from daemon.runners.protocol import Feedback, OnEvent, Probe, RunResult, RunTask
from daemon.runners.stream import Translator
from daemon.runners.verdict import has_concluded, why_not

VERSION_S = 10.0  # a program that takes longer to say its version is none


@dataclass(frozen=True, kw_only=True)
class Order:
    """How a program is started for one run. Pure: nothing of it is done yet."""

    argv: tuple[str, ...]
    environment: Mapping[str, str]  #: beside the agent's own
    files: Mapping[str, str] = field(default_factory=dict)  #: path in the run's folder -> text
    shortened: tuple[str, ...] = ()  #: lines that begin so are kept as their beginning
    opening: str | None = (
        None  #: what is said first, where the program is spoken with; None: it reads the brief
    )


class ProgramRunner:
    """Base of the runners of coding-agent programs."""

    name: str
    title: str  #: as people know it
    package: str  #: on npm
    tested: tuple[str, ...]  #: versions that the tests of this project drove
    logins: tuple[str, ...]  #: files in the home folder, one of which a login leaves

    def __init__(self, config: Config, processes: Processes, service: Mapping[str, str]) -> None:
        self._config, self._processes, self._service = config, processes, service
        self.settings: ProgramConfig = config.runners.of(self.name)

    # ── what a program's module says ──

    def order(self, task: RunTask) -> Order:
        """Say how to start it. Raises RunnerNotFound for a model it cannot have."""
        raise NotImplementedError

    def translator(self) -> Translator:
        """Return who understands it."""
        raise NotImplementedError

    def cannot_keep(self, permissions: Permissions) -> str:
        """Say which of the permissions the program cannot be held to; '' when it can to all (network: by its tools)."""
        del permissions
        return ""

    # ── what is the same for all ──

    def probe(self) -> Probe:
        """Say whether it is installed and has a key or a login. Starts it only where its package does not say."""
        mend = f"npm install -g {self.package}"
        environment = agent_environment(self._config, self._service)
        program = find_program(self.settings.program, environment)
        if program is None:
            return Probe(None, f"{self.title} is not installed: no {self.settings.program} on PATH", mend)
        version = version_beside(program, self.package) or version_in(
            self._ask_version(str(program), environment)
        )
        if version is None:
            return Probe(None, f"{program} does not say a version: is it {self.title}?", mend)
        try:
            reason = self._lacks_key()
        except ConfigError as error:
            return Probe(None, str(error), error.mend)
        if reason:
            return Probe(None, f"{self.title} {version} {reason}", self._key_mend())
        how = self.settings.base_url or ("your login" if self.settings.login else "a key")
        note = "" if version in self.tested else f"tested with {', '.join(self.tested)}"
        return Probe(f"{self.title} {version}, by {how}", None, note=note)

    def run(self, task: RunTask, on_event: OnEvent) -> RunResult:
        """Let it work. Raises RunnerNotFound where it may not be run so, Detached when the daemon leaves."""
        self._refuse(task)
        order = self.order(task)
        spec = self._spec(task, order)
        self._lay_out(task, order)
        listener = Listener(task, self._config.runners, self.translator(), self._processes, on_event)
        with listener:
            end = self._processes.run(spec, listener.hear, listener.hear_again)
        return self._result(task, spec, end, listener)

    def model_of(self, task: RunTask) -> str:
        """Return the program's own name of the model; '' is its default."""
        wanted = "" if task.model == "none" else task.model
        model = self.settings.models.get(wanted, wanted)
        if not model and self.settings.base_url:
            raise RunnerNotFound(
                self.name,
                f"base_url is set, and it is not said what the model {task.model} is called there",
                mend=f"runners: {self.name}: models: {{{task.model}: NAME}}",
            )
        return model

    def credentials(self) -> dict[str, str]:
        """Return what reaches the program's process and no other. Raises ConfigError."""
        names = (self.settings.key,) if self.settings.key else self.settings.credentials
        if self.settings.base_url and not self.settings.key:
            names = ()
        return {name: value for name in names if (value := secret(self._service, name))}

    def _lacks_key(self) -> str:
        if self.credentials() or (self.settings.base_url and not self.settings.key):
            return ""
        if self.settings.login:
            home = self._service.get("HOME", "")
            found = any(os.path.exists(os.path.join(home, name)) for name in self.logins)  # noqa: PTH110, PTH118
            return "" if found or not self.logins else "is installed, and nobody is logged in"
        return "has no key"

    def _key_mend(self) -> str:
        names = " or ".join((self.settings.key,) if self.settings.key else self.settings.credentials)
        if self.settings.login:
            return f"log in with {self.settings.program}, as the user of the service"
        return f"set {names} in the service's environment, or runners: {self.name}: login: true"

    def _refuse(self, task: RunTask) -> None:
        if reason := self.cannot_keep(task.agent.permissions):
            raise RunnerNotFound(
                self.name,
                f"{task.agent.name}: {reason}",
                mend="give it a runner that can, or other permissions (docs/runners.md)",
            )
        if reason := self._lacks_key():
            raise RunnerNotFound(self.name, f"{self.title} {reason}", mend=self._key_mend())

    def _spec(self, task: RunTask, order: Order) -> ProcessSpec:
        credentials = self.credentials()
        feedback_path = task.brief_path.with_suffix(".feedback.json")
        environment = {
            **task.environment,
            **variables_of(values_of(task), feedback_path),
            **order.environment,
            **self.settings.variables,
            **credentials,
        }
        waits_s = self._config.runners.approval_timeout_s if order.opening is not None else 0.0
        return ProcessSpec(
            key=task.key,
            argv=order.argv,
            cwd=task.worktree,
            env=environment,
            output_path=task.output_path,
            wall_timeout_s=task.wall_timeout_s,
            # Whoever waits for a person says nothing.
            idle_timeout_s=None if task.idle_timeout_s is None else task.idle_timeout_s + waits_s,
            output_limit_bytes=task.output_limit_bytes,
            memory_limit_bytes=task.memory_limit_bytes,
            stdin_path=task.brief_path if order.opening is None else task.home / "opening.jsonl",
            shortened=order.shortened,
            is_spoken_with=order.opening is not None,
            secrets=tuple(credentials.values()),
        )

    def _lay_out(self, task: RunTask, order: Order) -> None:
        """Make the run's folder anew; one whose run is under way or over is its own, and stays."""
        if self._processes.is_known(task.key):
            return
        shutil.rmtree(task.home, ignore_errors=True)
        task.home.mkdir(mode=0o700, parents=True)
        opening = {} if order.opening is None else {"opening.jsonl": f"{order.opening}\n"}
        for name, words in {**order.files, **opening}.items():
            path = task.home / name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.write_text(words, encoding="utf-8")
        task.lend(task.home)

    def _result(self, task: RunTask, spec: ProcessSpec, end: ProcessEnd, listener: Listener) -> RunResult:
        account = listener.account
        usage = account.usage()
        reason = listener.ended_because or why_not(end, account)
        is_ours = bool(listener.ended_because) or has_concluded(end, account)
        return RunResult(
            ok=not reason,
            reason=one_line(reason),
            exit_code=end.exit_code,
            ended=EndReason.EXITED if is_ours and end.reason is EndReason.STOPPED else end.reason,
            duration_s=end.duration_s,
            ended_at=end.ended_at,
            model_used=usage.model if usage.model != "none" else task.model,
            input_tokens=usage.input_tokens,
            cached_tokens=usage.cached_tokens,
            output_tokens=usage.output_tokens,
            # What a model of one's own costs is not known to the program: its price would be an invention.
            cost_usd=None if self.settings.base_url else usage.cost_usd,
            usage_limit=account.usage_limit if reason else "",
            is_over_budget=listener.is_over_budget or account.is_over_budget,
            denials=tuple(account.denials),
            feedback=self._feedback(spec, task, account.answer),
        )

    def _feedback(self, spec: ProcessSpec, task: RunTask, answer: str) -> Feedback:
        redactor = self._processes.redactor.for_environment(spec.env).knowing(spec.secrets)
        written = read_feedback(task.brief_path.with_suffix(".feedback.json"), redactor)
        return written if any(written.as_dict().values()) else feedback_in(answer, redactor)

    def _ask_version(self, program: str, environment: Mapping[str, str]) -> str:
        return self._processes.ask((program, "--version"), environment, timeout_s=VERSION_S)
