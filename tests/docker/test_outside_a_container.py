"""Everything compose.yaml runs works outside a container: against a real PostgreSQL and Redis, and behind the proxy."""

import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docker.compose import DOCKER, compose, dockerfile, filled, services_from_our_image
from tests.support.postgres import PostgresServer
from tests.support.processes import BIN, ROOT, free_port, project_environment, start, stop, tail, wait_until
from tests.support.redis import RedisServer
from tests.support.server import answers_ok

GIVEN = {
    "POSTGRES_PASSWORD": "trusted",
    "SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "PUBLIC_URL": "http://localhost",
    "VAPID_SUBJECT": "mailto:operator@example.org",
    "SECURE_COOKIES": "false",
}


@dataclass
class Running:
    """One service's process, its port where it serves, and its log."""

    process: "subprocess.Popen[bytes]"
    port: int
    log: Path
    environment: dict[str, str]


@pytest.fixture(scope="module")
def stack(
    postgres_server: PostgresServer, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Running]]:
    """The services of our image with compose.yaml's commands and settings, PostgreSQL and Redis at the addresses here.

    The one-shot migration has run and succeeded; the others run.
    """
    folder = tmp_path_factory.mktemp("stack")
    database = postgres_server.create_empty()
    addresses = {
        "@postgres:5432/lexun": f"@127.0.0.1:{postgres_server.port}/{database}",
        "//lexun:": "//postgres:",
        "redis://redis:6379/0": redis_server.url(),
    }

    def launch(name: str) -> Running:
        service = services_from_our_image()[name]
        port = free_port()
        settings = {key: filled(value, GIVEN) for key, value in service["environment"].items()}
        for inside, outside in addresses.items():
            settings = {key: value.replace(inside, outside) for key, value in settings.items()}
        settings |= {
            "LEXUN_DATA_DIR": str(folder / "data"),
            "LEXUN_PORT": str(port),
            "LEXUN_TRUSTED_PROXIES": "127.0.0.1",
        }
        environment = project_environment(settings)
        command = [BIN / service["command"][0], *service["command"][1:]]
        log = folder / f"{name}.log"
        return Running(start(command, log=log, environment=environment), port, log, environment)

    migration = launch("migrate")
    assert migration.process.wait(120) == 0, tail(migration.log)
    running = {name: launch(name) for name in services_from_our_image() if name != "migrate"}
    for name, service in running.items():
        if compose()["services"][name]["command"][1] == "serve":
            url = f"http://127.0.0.1:{service.port}/readyz"
            wait_until(lambda url=url: answers_ok(url), service.process, what=name, log=service.log)
    yield running
    for service in running.values():
        stop(service.process)
    postgres_server.drop(database)


def test_commands_are_ours() -> None:
    """Every service of our image runs `lexun` with a command that it has."""
    for name, service in services_from_our_image().items():
        program, *arguments = service["command"]
        assert program == "lexun", name
        helped = subprocess.run(
            [BIN / program, *arguments, "--help"], env=project_environment(), capture_output=True
        )
        assert helped.returncode == 0, helped.stderr.decode()


def test_every_service_runs(stack: dict[str, Running]) -> None:
    """Both apps are ready over PostgreSQL and Redis, which takes a working worker, and all processes are alive."""
    assert {"app-1", "app-2", "worker"} <= set(stack)
    for name, service in stack.items():
        assert service.process.poll() is None, f"{name}:\n{tail(service.log)}"


def test_image_health_check(stack: dict[str, Running]) -> None:
    """The image's HEALTHCHECK passes on a server that runs and fails where none does."""
    (check,) = [arguments for name, arguments in dockerfile() if name == "HEALTHCHECK"]
    program, script = json.loads(check.partition("CMD ")[2])
    assert program == "python"
    copied = [arguments.split() for name, arguments in dockerfile() if name == "COPY"]
    (source,) = [parts[0] for parts in copied if parts[-1] == script]

    def exit_code(environment: dict[str, str]) -> int:
        return subprocess.run(
            [sys.executable, ROOT / source], env=environment, capture_output=True
        ).returncode

    assert exit_code(stack["app-1"].environment) == 0
    assert exit_code({**stack["app-1"].environment, "LEXUN_PORT": str(free_port())}) == 1


def test_health_checks_of_the_engines(postgres_server: PostgresServer, redis_server: RedisServer) -> None:
    """The engines' health checks are commands that succeed on a live server."""
    services = compose()["services"]
    _, *postgres_check = services["postgres"]["healthcheck"]["test"]
    ready = [postgres_server.programs / postgres_check[0], *postgres_check[1:]]
    place = {"PGHOST": "127.0.0.1", "PGPORT": str(postgres_server.port)}
    assert subprocess.run(ready, env={**os.environ, **place}, capture_output=True).returncode == 0
    _, *redis_check = services["redis"]["healthcheck"]["test"]
    ping = [BIN / redis_check[0], "-p", str(redis_server.port), *redis_check[1:]]
    assert subprocess.run(ping, capture_output=True, text=True).stdout.strip() == "PONG"


@pytest.fixture(scope="module")
def proxy(stack: dict[str, Running], tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the real proxy with docker/Caddyfile in front of the two apps."""
    program = shutil.which("caddy")
    if program is None:
        pytest.skip("caddy is not installed (apt-get install caddy)")
    folder = tmp_path_factory.mktemp("proxy")
    port = free_port()
    environment = project_environment(
        {
            "HOME": str(folder),
            "SITE_ADDRESS": f"http://127.0.0.1:{port}",
            "UPSTREAMS": " ".join(f"127.0.0.1:{stack[name].port}" for name in ("app-1", "app-2")),
        }
    )
    log = folder / "caddy.log"
    command = [program, "run", "--config", DOCKER / "Caddyfile", "--adapter", "caddyfile"]
    process = start(command, log=log, environment=environment)
    wait_until(lambda: answers_ok(f"http://127.0.0.1:{port}/healthz"), process, what="caddy", log=log)
    yield f"http://127.0.0.1:{port}"
    stop(process)


def test_requests_pass_the_proxy(proxy: str) -> None:
    """A public request is answered through the proxy as by the app itself."""
    with urllib.request.urlopen(f"{proxy}/api/session") as answer:
        assert json.load(answer)["user"] is None


def test_proxy_refuses_huge_bodies(proxy: str) -> None:
    """A body over the limit is refused without an app having to read it whole."""
    request = urllib.request.Request(f"{proxy}/api/session", data=b"x" * (17 * 1024 * 1024), method="POST")
    with pytest.raises((urllib.error.HTTPError, OSError)) as refusal:
        urllib.request.urlopen(request)
    if isinstance(refusal.value, urllib.error.HTTPError):
        assert refusal.value.code in (403, 413)


def test_one_app_may_fall(stack: dict[str, Running], proxy: str) -> None:
    """With one of the two apps gone, every request is still answered."""
    stop(stack["app-2"].process)
    for _ in range(20):
        with urllib.request.urlopen(f"{proxy}/api/session") as answer:
            assert answer.status == 200
