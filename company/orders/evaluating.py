"""Judge the company when a person asks for it: experiments, patterns, proposals. The day's report is the daemon's."""

from company.learning.evaluation import CompanyEvaluation
from company.orders import experiments, patterns
from company.orders.evaluations import company_evaluation
from company.orders.office import Actor, Office


def evaluate(office: Office, actor: Actor) -> tuple[CompanyEvaluation, int]:
    """Decide what can be decided; return how the company stands and how many experiments were decided by this.

    Harmless when repeated. Raises NotPermitted.
    """
    decided = sum(state.is_changed for state in experiments.evaluate(office, actor))
    patterns.detect(office, actor)
    return company_evaluation(office), decided
