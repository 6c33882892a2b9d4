"""An evening with an officer and a volunteer, by the test's own clock."""

from collections.abc import Callable
from types import ModuleType

import pytest

from backend.core.roles import Role
from tests.support.app import ApiClient
from tests.support.district import make_district
from tests.support.evening import EVENING, Evening


@pytest.fixture
async def evening(new_client: Callable[[], ApiClient], clock: ModuleType) -> Evening:
    """Seven in the evening in the district."""
    clock.freeze(EVENING)
    return Evening(await make_district(), new_client)


@pytest.fixture
async def walker(evening: Evening) -> ApiClient:
    """A volunteer who agreed to the use of their whereabouts."""
    return await evening.walker()


@pytest.fixture
async def officer(evening: Evening) -> ApiClient:
    """An officer of the district."""
    return await evening.browser(Role.OFFICER)
