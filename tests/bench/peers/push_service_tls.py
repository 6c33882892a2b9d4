"""A push service over TLS that takes everything: `python -m tests.bench.peers.push_service_tls CERT KEY PORT DELAY_MS`.

It only reads the request and answers 201 after the delay, so that what is measured is the sender.
"""

import asyncio
import ssl
import sys

OK = b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n"


class Taker(asyncio.Protocol):
    """One connection: requests one after the other, each with a Content-Length."""

    delay_s = 0.0

    def __init__(self) -> None:
        self._read = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (head := self._read.find(b"\r\n\r\n")) >= 0:
            lines = bytes(self._read[:head]).lower().split(b"\r\n")
            length = next((int(line[15:]) for line in lines if line.startswith(b"content-length:")), 0)
            if len(self._read) < head + 4 + length:
                return
            del self._read[: head + 4 + length]
            asyncio.get_running_loop().call_later(self.delay_s, self._answer)

    def _answer(self) -> None:
        if not self._transport.is_closing():
            self._transport.write(OK)  # type: ignore[attr-defined]


async def main(certificate: str, key: str, port: int, delay_ms: float) -> None:
    """Serve until killed."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate, key)
    Taker.delay_s = delay_ms / 1000
    server = await asyncio.get_running_loop().create_server(
        Taker, "localhost", port, ssl=context, backlog=1024
    )
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), float(sys.argv[4])))
