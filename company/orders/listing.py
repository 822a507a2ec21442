"""Lists for whoever may look: agents, experiments, patterns, proposals, schedules, and what marketing made."""

from typing import TYPE_CHECKING

from company.errors import OrderRefused
from company.orders import evaluations, experiments, schedules
from company.orders.looking import look
from company.orders.office import Actor, Office
from company.orders.permission import Action, check
from company.orders.references import find_agent, find_team
from company.store import candidates, marketing, patterns, teams

if TYPE_CHECKING:
    from company.learning.evaluation import AgentEvaluation
    from company.orders.experiments import ExperimentState
    from company.orders.schedules import ScheduleView
    from company.store.candidates import Candidate
    from company.store.marketing import Campaign, Content, Lead
    from company.store.patterns import Pattern

LIMIT = 30  # rows of a list


def agents_of(office: Office, actor: Actor, team: str | None = None) -> "tuple[AgentEvaluation, ...]":
    """Evaluate the agents of a team or all; a word that is no team's may be an agent's name: then that one."""
    check(actor, Action.LOOK)
    if team is None:
        return evaluations.agent_evaluations(office)
    with office.store.reading() as tx:
        try:
            wanted = teams.get(tx, find_team(tx, team).id).name
        except OrderRefused:
            agent_id = find_agent(tx, team).id
            wanted = ""
    if not wanted:
        return (evaluations.agent_evaluation(office, agent_id),)
    return tuple(one for one in evaluations.agent_evaluations(office) if one.team == wanted)


def agent_of(office: Office, actor: Actor, agent: str) -> "AgentEvaluation":
    """Evaluate one agent, fired or not."""
    check(actor, Action.LOOK)
    return evaluations.agent_evaluation(office, agent)


def team_names(office: Office, actor: Actor) -> list[tuple[str, str]]:
    """List the teams: id and name."""
    with look(office, actor) as tx:
        return [(team.id, team.name) for team in teams.list_teams(tx)]


def experiments_of(office: Office, actor: Actor) -> "tuple[ExperimentState, ...]":
    """List experiments, decided ones too."""
    check(actor, Action.LOOK)
    return experiments.list_experiments(office)


def schedules_of(office: Office, actor: Actor) -> "list[ScheduleView]":
    """List what starts by itself."""
    check(actor, Action.LOOK)
    return schedules.list_schedules(office)


def patterns_of(office: Office, actor: Actor) -> "list[Pattern]":
    """List what keeps happening."""
    with look(office, actor) as tx:
        return patterns.list_patterns(tx, limit=LIMIT)


def open_proposals(office: Office, actor: Actor) -> "list[Candidate]":
    """List the proposals that wait for a decision."""
    with look(office, actor) as tx:
        return candidates.list_candidates(tx)


def automations(office: Office, actor: Actor) -> "list[Candidate]":
    """List the proposals that became agents."""
    with look(office, actor) as tx:
        return [one for one in candidates.list_candidates(tx, include_decided=True) if one.is_automated]


def find_proposal(office: Office, actor: Actor, word: str) -> str:
    """Return the id of the proposal that ``word`` means: its id, or the name or the intent, or a beginning of one."""
    wanted = " ".join(word.lower().split())
    with look(office, actor) as tx:
        rows = candidates.list_candidates(tx, include_decided=True)
    named = {one.id: (one.id, one.proposed_agent_name.lower(), one.normalized_intent.lower()) for one in rows}
    exact = [found for found, names in named.items() if wanted in names]
    begun = [found for found, names in named.items() if any(name.startswith(wanted) for name in names)]
    found = exact or begun
    if wanted == "it":
        found = [one.id for one in rows if one.is_open]
    if len(found) == 1:
        return found[0]
    code = "ambiguous" if found else "unknown_proposal"
    reason = f"{word!r} could be several proposals" if found else f"no proposal is called {word!r}"
    raise OrderRefused(code, reason, mend="`proposals` lists them")


def leads(office: Office, actor: Actor) -> "list[Lead]":
    """List leads, newest first."""
    with look(office, actor) as tx:
        return marketing.list_leads(tx, limit=LIMIT)


def campaigns(office: Office, actor: Actor) -> "list[Campaign]":
    """List campaigns, newest first."""
    with look(office, actor) as tx:
        return marketing.list_campaigns(tx, limit=LIMIT)


def content(office: Office, actor: Actor) -> "list[Content]":
    """List pieces of content, newest first."""
    with look(office, actor) as tx:
        return marketing.list_content(tx, limit=LIMIT)
