"""A real, headless Firefox driven over its own Marionette protocol, subscribed to a push service on this machine."""

import shutil
import warnings
from pathlib import Path
from typing import Any

INSTALL = "apt-get install firefox-esr"


class NoFirefox(Exception):
    """No Firefox can be driven; the message says what to install."""


class Firefox:
    """One browser with a fresh profile whose push messages come from `push_url` (a websocket address)."""

    def __init__(self, push_url: str, log: Path) -> None:
        program = shutil.which("firefox-esr") or shutil.which("firefox")
        if program is None:
            raise NoFirefox(f"firefox-esr is not installed: {INSTALL}")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                from marionette_driver.marionette import Marionette
            except ImportError:
                raise NoFirefox("marionette-driver is not installed: make test-push installs it") from None
        self.driver = Marionette(
            app="fxdesktop",
            bin=program,
            headless=True,
            port=0,
            startup_timeout=120,
            gecko_log=str(log),
            prefs={
                "dom.push.serverURL": push_url,
                "dom.push.testing.allowInsecureServerURL": True,
                "dom.push.connection.enabled": True,
                "network.manage-offline-status": False,
                "alerts.useSystemBackend": False,
                "dom.webnotifications.requireinteraction.count": 50,  # its own small windows: three by default
                "intl.accept_languages": "zh-CN",
            },
        )
        self.driver.start_session()
        self.driver.timeout.script = 60

    def allow_notifications(self, origin: str) -> None:
        """Grant `origin` what a person grants by tapping "allow"."""
        with self.driver.using_context("chrome"):
            self.driver.execute_script(
                """
                const principal = Services.scriptSecurityManager.createContentPrincipalFromOrigin(arguments[0])
                Services.perms.addFromPrincipal(
                  principal, 'desktop-notification', Services.perms.ALLOW_ACTION)
                """,
                script_args=(origin,),
                sandbox="system",
            )

    def open(self, address: str) -> None:
        """Load a page and wait until it is loaded."""
        self.driver.navigate(address)

    def run(self, body: str, *values: Any) -> Any:
        """Run the body of an async JavaScript function in the page; its `args` are `values`, its result is returned."""
        result = self.driver.execute_async_script(
            f"""
            const done = arguments[arguments.length - 1]
            const args = Array.from(arguments).slice(0, -1);
            (async () => {{ {body} }})().then(
              value => done({{ value }}), error => done({{ error: String(error) }}))
            """,
            script_args=values,
            new_sandbox=False,
        )
        if "error" in result:
            raise AssertionError(f"in the page: {result['error']}")
        return result.get("value")

    def close(self) -> None:
        """Quit the browser."""
        self.driver.quit()
