"""Why a step of a patrol is refused."""

from backend.core.problems import Conflict, Problem


class ConsentRequired(Problem):
    """A patrol keeps positions, so the person must have agreed to that first."""

    status, code, title = 403, "consent-required", "Agree to the use of your whereabouts first"


class AlreadyPatrolling(Conflict):
    """Nobody walks two patrols at once."""

    code, title = "already-patrolling", "You are on a patrol already"


class PatrolRunning(Conflict):
    """What people still walk cannot be reviewed."""

    code, title = "patrol-running", "People are still walking this patrol"


class OwnPatrol(Problem):
    """Nobody judges their own walk."""

    status, code, title = 403, "own-patrol", "Someone else must review a patrol that you walked"


class AlreadyReviewed(Conflict):
    """Someone was faster; `state` says with what verdict."""

    code, title = "already-reviewed", "This patrol was reviewed already"


class NotLeader(Problem):
    """Only whoever leads the patrol may do this."""

    status, code, title = 403, "not-leader", "Only the leader of this patrol can do that"


class NightTeamNeeded(Conflict):
    """At night nobody walks alone, and somebody of the team must know the way."""

    code, title = "night-team-needed", "At night two walk together, one of them experienced"

    def __init__(self, *, people: int, people_min: int, experienced: int, experienced_min: int) -> None:
        super().__init__(
            "Ask a mate to take a seat of this task, or scan their companion code before you start; one of you must have"
            " walked before",
            people=people,
            people_min=people_min,
            experienced=experienced,
            experienced_min=experienced_min,
        )


class LeaderNotWalking(Conflict):
    """Whoever showed the code has not set out yet, or their phone has not told the server."""

    code, title = "leader-not-walking", "They are not leading a patrol yet; it will be tried again"


class CompanionBusy(Conflict):
    """The mate walks another patrol."""

    code, title = "companion-busy", "They are on another patrol"


class OwnTeam(Problem):
    """Nobody judges the walk of their own team."""

    status, code, title = 403, "own-team", "Someone of another team must review this patrol"


class SameReviewer(Problem):
    """A second look is another person's look."""

    status, code, title = 403, "same-reviewer", "Someone else than the first reviewer must decide this appeal"


class AppealClosed(Conflict):
    """There is nothing to appeal against, the week is over, or it was appealed and decided."""

    code, title = "appeal-closed", "This verdict cannot be appealed any more"


class PatrolOver(Conflict):
    """What belongs to a walk must come while it is walked."""

    code, title = "patrol-over", "This patrol is over"
