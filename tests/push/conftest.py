"""A push service on this machine and a real Firefox that subscribes to it."""

from collections.abc import Iterator

import pytest

from tests.support.firefox import Firefox, NoFirefox
from tests.support.push_service import PushService


@pytest.fixture(scope="session")
def push_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PushService]:
    """The push service; its certificate is its own."""
    service = PushService(tmp_path_factory.mktemp("push-service"))
    yield service
    service.close()


@pytest.fixture(scope="session")
def firefox(push_service: PushService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Firefox]:
    """A Firefox that gets its push messages from `push_service`; tests are skipped, saying so, where there is none."""
    try:
        browser = Firefox(push_service.websocket_url, tmp_path_factory.mktemp("firefox") / "gecko.log")
    except NoFirefox as reason:
        pytest.skip(str(reason))
    yield browser
    browser.close()
