"""Photos of visits that were sent before: the very same picture proves no second visit."""

from collections.abc import Sequence

from backend.core import media
from backend.patrols.models import Visit


async def photos_sent_before(visits: Sequence[Visit]) -> int:
    """How many of a patrol's visits have a photo that an earlier visit had, of whomever; photos are kept for a quarter."""
    with_photo = {made.photo_key: made for made in visits if made.photo_key is not None}
    same = await media.same_pictures(list(with_photo))
    others = {key for keys in same.values() for key in keys}
    earlier = (
        {made.photo_key: made for made in await Visit.filter(photo_key__in=list(others))} if others else {}
    )
    return sum(
        any(key in earlier and earlier[key].received_at < made.received_at for key in same.get(photo_key, ()))
        for photo_key, made in with_photo.items()
    )
