"""Agents that are ordinary commands: the embedded default. No model, no account, no key.

The command is an argument vector from config.yaml. What a priority file says reaches it as an argument of its own,
as an environment variable or as a file, and never as program text (placeholders.py).
"""

from collections.abc import Mapping

from company.config import Config
from company.errors import RunnerNotFound
from daemon.processes.spawn import EndReason, ProcessEnd, Processes, ProcessSpec
from daemon.runners.feedback import read_feedback
from daemon.runners.lines import LineReader
from daemon.runners.placeholders import fill, refusal, values_of, variables_of
from daemon.runners.protocol import OnEvent, Probe, RunResult, RunTask


class CommandRunner:
    """Runs ``agent.command`` in the worktree. Exit code 0 is a run that ended well."""

    name = "command"

    def __init__(self, _config: Config, processes: Processes, _service: Mapping[str, str]) -> None:
        self._processes = processes

    def probe(self) -> Probe:
        """Say that it is there: it needs nothing."""
        return Probe(version="built in, no model", reason=None)

    def run(self, task: RunTask, on_event: OnEvent) -> RunResult:
        """Run the command. Raises RunnerNotFound where the agent has none, or one that cannot be used safely."""
        self._check(task)
        values = values_of(task)
        feedback_path = task.brief_path.with_suffix(".feedback.json")
        reader = LineReader(on_event)
        end = self._processes.run(
            ProcessSpec(
                key=task.key,
                argv=tuple(fill(word, values) for word in task.agent.command),
                cwd=task.worktree,
                env={**task.environment, **variables_of(values, feedback_path)},
                output_path=task.output_path,
                wall_timeout_s=task.wall_timeout_s,
                idle_timeout_s=task.idle_timeout_s,
                output_limit_bytes=task.output_limit_bytes,
                memory_limit_bytes=task.memory_limit_bytes,
            ),
            reader.hear,
            reader.hear_again,
        )
        reason = why_not(end, reader.last_line)
        return RunResult(
            ok=not reason,
            reason=reason,
            exit_code=end.exit_code,
            ended=end.reason,
            duration_s=end.duration_s,
            ended_at=end.ended_at,
            model_used=reader.usage.model,
            input_tokens=reader.usage.input_tokens,
            output_tokens=reader.usage.output_tokens,
            cost_usd=reader.usage.cost_usd,
            feedback=read_feedback(feedback_path, self._processes.redactor.for_environment(task.environment)),
        )

    def _check(self, task: RunTask) -> None:
        mend = f"agents: … id: {task.agent.id}, command: [program, argument, …]  (docs/runners.md)"
        if not task.agent.command:
            raise RunnerNotFound(self.name, f"{task.agent.name} has no command", mend=mend)
        if reason := refusal(task.agent.command):
            raise RunnerNotFound(self.name, f"the command of {task.agent.name}: {reason}", mend=mend)


def why_not(end: ProcessEnd, last_line: str) -> str:
    """Say in one line why a process did not end well; '' when it did."""
    if end.reason is not EndReason.EXITED:
        words = end.reason.value.replace("_", " ")
        return f"{words}: {end.error}" if end.error else words
    if end.exit_code == 0:
        return ""
    ended = f"signal {end.signal}" if end.exit_code is None else f"exit {end.exit_code}"
    return f"{ended}: {last_line}" if last_line else ended
