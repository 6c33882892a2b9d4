"""What people are refused, and with which words."""

from backend.core.problems import Conflict, Problem


class WrongCredentials(Problem):
    status, code, title = 401, "wrong-credentials", "Phone number or password is wrong"


class SecondFactorRequired(Problem):
    status, code, title = 401, "second-factor-required", "Enter the six digits of your authenticator app"


class DigitsUsed(Problem):
    """The six digits were right, but opened a session before: whoever looked over a shoulder has them too."""

    status, code, title = 401, "digits-used", "These six digits were used already; wait for the next ones"


class SecondFactorMissing(Problem):
    """Police, merchants and administrators may not sign in with a password alone."""

    status, code, title = (
        403,
        "second-factor-missing",
        "This account needs an authenticator app; ask your administrator",
    )


class NeedsSecondFactor(Conflict):
    """A role of weight is not given to an account that a password alone opens."""

    code, title = "needs-second-factor", "This account has no authenticator app yet"


class PhotosNotAgreed(Problem):
    """A photo shows more than its taker meant, so they must have agreed to what becomes of it."""

    status, code, title = 403, "photo-consent-required", "Agree to the use of your photos first"


class TooYoung(Problem):
    status, code, title = 403, "too-young", "You must be at least 14"


class PhoneTaken(Conflict):
    code, title = "phone-taken", "This phone number has an account already; sign in instead"


class TeamNameTaken(Conflict):
    code, title = "team-name-taken", "The area has a team of this name already"
