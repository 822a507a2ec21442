"""What a job's runs cost: watched while they last, kept when they end, and the end of work where a budget is reached.

A budget is kept from being exceeded: a run is ended when asking its model once more would cost more than is left,
going by the dearest time so far. Programs that say what they used at their end only are held to it between their runs.
"""

import threading
from dataclasses import dataclass, field

from company.errors import AgentServiceError
from company.orders.costs import spent_today
from company.store import sessions, usage
from company.store.gate import Transaction
from company.work.pricing import cost_of, why_stop
from daemon.job.workplace import Workplace
from daemon.runners.protocol import RunResult, Usage

BUDGET_MEND = "raise it and retry the job; today's budget is whole again tomorrow"


class BudgetReached(AgentServiceError):
    """No more may be spent. The words say which budget, and how it stands."""

    def __init__(self, reason: str) -> None:
        self.mend = BUDGET_MEND
        super().__init__(reason)


@dataclass
class Ledger:
    """What the runs of this daemon have spent that is in no book yet. Safe to use from many threads."""

    _lock: threading.Lock = field(default_factory=threading.Lock)
    _live: dict[str, tuple[str, float]] = field(default_factory=dict)

    def note(self, task_id: str, job_id: str, cost_usd: float) -> None:
        """Note what a run has cost up to now."""
        with self._lock:
            self._live[task_id] = (job_id, cost_usd)

    def close(self, task_id: str) -> None:
        """The run's cost is in the books, or there is none."""
        with self._lock:
            self._live.pop(task_id, None)

    def of_others(self, task_id: str) -> list[tuple[str, float]]:
        """Return (job, dollars) of every other run."""
        with self._lock:
            return [spent for key, spent in self._live.items() if key != task_id]


class Money:
    """The money of one run. ``model`` is the name that its prices stand under, unless the program names one itself."""

    def __init__(self, place: Workplace, job_id: str, task_id: str, model: str) -> None:
        self._place, self._job_id, self._task_id, self._model = place, job_id, task_id, model
        self._cost = self._dearest = 0.0

    def check(self) -> None:
        """Raise BudgetReached where there is nothing left to spend."""
        for name, budget, spent in self._budgets():
            if reason := why_stop(name, budget, spent, 0.0):
                raise BudgetReached(reason)

    def left_usd(self) -> float | None:
        """Return what the run may cost; None: no limit."""
        return min((max(0.0, budget - spent) for _, budget, spent in self._budgets()), default=None)

    def may_spend(self, used: Usage, goes_on: bool) -> str:
        """Say why the run must end now; '' where it may go on, and where it is at its end anyway."""
        cost, _ = self._price(used)
        self._dearest = max(self._dearest, cost - self._cost)
        self._cost = max(self._cost, cost)
        self._place.ledger.note(self._task_id, self._job_id, self._cost)
        if not goes_on:
            return ""
        reasons = (
            why_stop(name, budget, spent + self._cost, self._dearest)
            for name, budget, spent in self._budgets()
        )
        return next((reason for reason in reasons if reason), "")

    def record(self, tx: Transaction, result: RunResult) -> None:
        """Write the run's use of its model into the books, once; nothing where it used none."""
        used = Usage(
            model=result.model_used,
            input_tokens=result.input_tokens,
            cached_tokens=result.cached_tokens,
            output_tokens=result.output_tokens,
            cost_usd=result.cost_usd,
        )
        if used.input_tokens or used.output_tokens or used.cost_usd:
            cost, is_estimate = self._price(used)
            usage.record_once(
                tx,
                {
                    "task_id": self._task_id,
                    "model": used.model,
                    "input_tokens": used.input_tokens,
                    "output_tokens": used.output_tokens,
                    "cost_usd": cost,
                    "is_estimate": is_estimate,
                    "duration_ms": int(result.duration_s * 1000),
                    "used_at": result.ended_at,
                },
            )

    def close(self) -> None:
        """The run is over, however it ended."""
        self._place.ledger.close(self._task_id)

    def _price(self, used: Usage) -> tuple[float, bool]:
        """Return dollars, and whether they are an estimate of ours."""
        if used.cost_usd is not None:
            return used.cost_usd, False
        models = self._place.config.models
        price = models.get(used.model) or models.get(self._model)
        if price is None:
            return 0.0, True
        cost = cost_of(
            price,
            input_tokens=used.input_tokens,
            cached_tokens=used.cached_tokens,
            output_tokens=used.output_tokens,
        )
        return cost, True

    def _budgets(self) -> list[tuple[str, float, float]]:
        """Return each budget there is: its name, the dollars, and what was spent of it by others and before."""
        limits = self._place.config.limits
        with self._place.store.reading() as tx:
            session = sessions.get(tx, self._job_id)
            today = spent_today(tx, self._place.config, self._place.clock.now())
        others = self._place.ledger.of_others(self._task_id)
        of_job = session.cost_usd + sum(cost for job_id, cost in others if job_id == self._job_id)
        of_day = today + sum(cost for _, cost in others)
        per_job = session.budget_usd if session.budget_usd is not None else limits.budget_usd_per_job
        named = (("the job's budget", per_job, of_job), ("today's budget", limits.budget_usd_per_day, of_day))
        return [(name, budget, spent) for name, budget, spent in named if budget is not None]
