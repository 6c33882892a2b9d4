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
