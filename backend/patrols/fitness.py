"""Who may walk here: the same for those who set out, who are scanned, and who take a seat."""

from backend.core.problems import NotAllowed
from backend.core.roles import Role
from backend.core.sessions import Actor
from backend.people import service as people
from backend.tasks import service as tasks


async def require_fit(actor: Actor, area_path: str, *, night: bool) -> None:
    """Raise `NotAllowed` for strangers to the district, `NotVerified`, and at night `AdultsOnly`."""
    if not tasks.walks_in(actor, area_path):
        raise NotAllowed(need=[Role.VOLUNTEER, Role.LEADER])
    person = await people.person_of(actor.user_id)
    if not person.verified:
        raise tasks.NotVerified
    if night and not people.is_adult(person):
        raise tasks.AdultsOnly(night=True)
