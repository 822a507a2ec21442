"""A refusal in Slack: who may, and what mends it, in Slack's own commands."""

import pytest

from bot.views.problem import mend_here, problem_view
from company.errors import NotPermitted, OrderRefused


def test_what_is_not_permitted_names_who_may() -> None:
    error = NotPermitted("U3", "viewer", "ceo", "agent.fire")
    assert (
        problem_view(error, ("U0ADA", "S0CEOS")).text
        == "🔒 That is for the CEO (<@U0ADA>); you are viewer here."
    )
    assert problem_view(error).text == "🔒 That is for the CEO; you are viewer here."


@pytest.mark.parametrize(
    ("mend", "said"),
    [
        ("agent-service jobs", "`/agents jobs`"),
        ("agent-service agents --all", "`/agents agents`"),
        ("wait for its end, or agent-service stop job-1", "wait for its end, or `/agents stop job-1`"),
        ("agent-service drop FILE", ""),
        ("take another name", "take another name"),
    ],
)
def test_a_mend_is_said_as_it_is_typed_here(mend: str, said: str) -> None:
    assert mend_here(mend) == said


def test_nothing_in_a_refusal_pings_anybody() -> None:
    error = OrderRefused("x", "no agent is called '<!channel> & <@U1>'")
    assert "<!channel>" not in problem_view(error).text
    assert "<@U1>" not in problem_view(error).text
