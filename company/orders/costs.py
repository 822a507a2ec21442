"""What was spent: in a period, by agent, by model and by day, against the period before. Days are the company's."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from company.clock import to_iso
from company.orders.looking import look
from company.orders.office import Actor, Office
from company.orders.schedules import company_time_zone
from company.store import usage
from company.store.usage import ModelTotal

if TYPE_CHECKING:
    from company.config import Config
    from company.store.gate import Reading


class CostPeriod(StrEnum):
    """How far back: today, or the last 7 or 30 days with today."""

    TODAY = "today"
    WEEK = "week"
    MONTH = "month"


DAYS: Final = {CostPeriod.TODAY: 1, CostPeriod.WEEK: 7, CostPeriod.MONTH: 30}


@dataclass(frozen=True, kw_only=True)
class AgentCost:
    """What one agent's runs cost in the period."""

    agent_id: str
    name: str
    cost_usd: float


@dataclass(frozen=True, kw_only=True)
class DayCost:
    """What one day cost."""

    day: str  #: YYYY-MM-DD
    cost_usd: float


@dataclass(frozen=True, kw_only=True)
class Costs:
    """What was spent in a period."""

    period: CostPeriod
    since_at: str
    total_usd: float
    before_usd: float  #: in the same time before: yesterday as a whole, the 7 or 30 days before
    is_estimate: bool  #: True: some of it is priced from config.yaml, not by a runner
    agents: tuple[AgentCost, ...]  #: dearest first
    models: tuple[ModelTotal, ...]  #: dearest first
    days: tuple[DayCost, ...]  #: oldest first, days without a cost too
    budget_usd_per_day: float | None


def spent(office: Office, actor: Actor, period: CostPeriod = CostPeriod.TODAY) -> Costs:
    """Sum what the models cost. Raises NotPermitted."""
    zone = ZoneInfo(company_time_zone(office.config))
    midnights = _midnights(office.clock.now().astimezone(zone), DAYS[period])
    since, until = to_iso(midnights[0]), to_iso(midnights[-1])
    before = to_iso(midnights[0] - timedelta(days=DAYS[period]))
    with look(office, actor) as tx:
        return Costs(
            period=period,
            since_at=since,
            total_usd=usage.cost_between(tx, since, until),
            before_usd=usage.cost_between(tx, before, since),
            is_estimate=usage.has_estimates(tx, since),
            agents=tuple(AgentCost(**row) for row in usage.cost_by_agent_since(tx, since)),
            models=tuple(usage.by_model(tx, since)),
            days=tuple(
                DayCost(
                    day=start.date().isoformat(),
                    cost_usd=usage.cost_between(tx, to_iso(start), to_iso(end)),
                )
                for start, end in pairwise(midnights)
            ),
            budget_usd_per_day=office.config.limits.budget_usd_per_day,
        )


def spent_today(tx: "Reading", config: "Config", now: datetime) -> float:
    """Sum the dollars spent since midnight where the company lives."""
    midnight = _midnights(now.astimezone(ZoneInfo(company_time_zone(config))), 1)[0]
    return usage.cost_between(tx, to_iso(midnight), to_iso(now + timedelta(days=1)))


def _midnights(now: datetime, days: int) -> list[datetime]:
    """Return where the last ``days`` days begin, and where today ends: by the calendar, so that 23 h are a day too."""
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return [today + timedelta(days=offset) for offset in range(1 - days, 2)]
