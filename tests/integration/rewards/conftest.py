"""An evening with a shop, by the test's own clock."""

from collections.abc import Awaitable, Callable
from types import ModuleType

import pytest

from backend.core.db import atomic, execute
from tests.support.app import ApiClient
from tests.support.district import make_district
from tests.support.evening import EVENING, Evening
from tests.support.shop import Shop, make_shop


@pytest.fixture
async def evening(new_client: Callable[[], ApiClient], clock: ModuleType) -> Evening:
    """Seven in the evening in the district."""
    clock.freeze(EVENING)
    return Evening(await make_district(), new_client)


@pytest.fixture
async def shop(evening: Evening) -> Shop:
    """A noodle shop."""
    return await make_shop(evening)


@pytest.fixture
def raw_sql(evening: Evening) -> Callable[..., Awaitable[int]]:
    """Runs one statement with `?` placeholders, as only the database's owner can."""

    async def run(statement: str, *values: object) -> int:
        return await atomic(execute)(statement, *values)

    return run
