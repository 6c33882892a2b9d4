"""Which push endpoints the server agrees to send requests to."""

import pytest

from backend.notify.endpoints import endpoint_error, origin_of

ALLOWED = ("fcm.googleapis.com", "*.notify.windows.com", "localhost:8123")


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/abc",
        "https://FCM.googleapis.com/fcm/send/abc",
        "https://fcm.googleapis.com:443/x",
        "https://wns2-ln2p.notify.windows.com/w/?token=a%2Bb",
        "http://localhost:8123/push/x",
        "https://localhost:8123/push/x",
    ],
)
def test_known_services_are_accepted(endpoint: str) -> None:
    """A name on the list, below a starred name, or the machine itself where the list says so."""
    assert endpoint_error(endpoint, ALLOWED) is None


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://fcm.googleapis.com:8443/x",
        "https://fcm.googleapis.com.evil.example/x",
        "https://evil.example/fcm.googleapis.com",
        "https://evilfcm.googleapis.com/x",
        "https://notify.windows.com/x",
        "https://xnotify.windows.com/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://evil.example\\@fcm.googleapis.com/x",
        "https://fcm.googleapis.com\\.evil.example/x",
        "https://user:word@fcm.googleapis.com/x",
        "https://fcm.googleapis.com/x#part",
        "https://fcm.googleapis.com/x y",
        "https://fcm.googleapis.com/x\r\nHost: evil",
        "https://127.0.0.1/x",
        "https://[::1]/x",
        "https://169.254.169.254/latest/meta-data",
        "https://10.0.0.1/x",
        "https://2130706433/x",
        "https://0x7f000001/x",
        "http://localhost/x",
        "http://localhost:8124/x",
        "http://127.0.0.1:8123/x",
        "file:///etc/passwd",
        "ftp://localhost:8123/x",
        "//fcm.googleapis.com/x",
        "https:///x",
        "https://[bad/x",
        "https://fcm.googleapis.com:99999/x",
        "",
        "x",
    ],
)
def test_anything_else_is_refused(endpoint: str) -> None:
    """Addresses inside the network, look-alikes and parser tricks are refused, naming the field."""
    error = endpoint_error(endpoint, ALLOWED)
    assert error is not None
    assert (error.field, error.code) == ("endpoint", "push-service-unknown")


def test_an_ip_address_is_refused_even_when_listed() -> None:
    """A list entry does not open the network by number."""
    assert endpoint_error("https://10.0.0.1/x", ("10.0.0.1",)) is not None


def test_the_origin_is_what_signatures_name() -> None:
    """Scheme, host and port, without the path that is the subscription's secret."""
    assert origin_of("https://localhost:8123/push/x?y=1") == "https://localhost:8123"
