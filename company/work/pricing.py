"""What the use of a model costs, where nobody else says it: tokens by the configured prices. Pure."""

from typing import Protocol

_MILLION = 1_000_000


class Price(Protocol):
    """US dollars per million tokens."""

    @property
    def input_usd_per_million(self) -> float:
        """Of tokens given to the model."""

    @property
    def output_usd_per_million(self) -> float:
        """Of tokens it wrote."""

    @property
    def cached_usd_per_million(self) -> float | None:
        """Of tokens given that the provider had read before; None: as any other."""


def cost_of(price: Price, *, input_tokens: int, cached_tokens: int, output_tokens: int) -> float:
    """Return US dollars. ``cached_tokens`` are a part of ``input_tokens``."""
    cached_price = price.cached_usd_per_million
    cached = min(cached_tokens, input_tokens)
    return (
        (input_tokens - cached) * price.input_usd_per_million
        + cached * (price.input_usd_per_million if cached_price is None else cached_price)
        + output_tokens * price.output_usd_per_million
    ) / _MILLION


def why_stop(name: str, budget_usd: float, spent_usd: float, next_usd: float) -> str:
    """Say why no more may be spent of a budget: it is reached, or what comes next would exceed it; '' when it may."""
    if spent_usd >= budget_usd:
        return f"{name} of ${budget_usd:.2f} is spent: ${spent_usd:.4f}"
    if spent_usd + next_usd > budget_usd:
        return (
            f"{name} of ${budget_usd:.2f} would be exceeded: ${spent_usd:.4f} is spent, "
            f"and asking the model once more costs up to ${next_usd:.4f}"
        )
    return ""
