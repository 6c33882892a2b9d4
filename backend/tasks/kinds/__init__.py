"""The kinds of task: one file a kind, and one line here."""

from backend.tasks.kinds.fixed_post import FIXED_POST
from backend.tasks.kinds.free_patrol import FREE_PATROL
from backend.tasks.kinds.help_request import HELP_REQUEST
from backend.tasks.kinds.kind import TaskKind, Template
from backend.tasks.kinds.mediation import MEDIATION
from backend.tasks.kinds.patrol import PATROL
from backend.tasks.kinds.prevention_talk import PREVENTION_TALK
from backend.tasks.kinds.visit import VISIT

KINDS: dict[str, TaskKind] = {
    each.kind: each
    for each in (PATROL, FIXED_POST, PREVENTION_TALK, MEDIATION, VISIT, HELP_REQUEST, FREE_PATROL)
}
"""Every kind by its name, in the order in which a form offers them."""

__all__ = ["KINDS", "TaskKind", "Template"]
