"""An HTTP proxy between trueup and the emulator that fails as it is told to, and notes every attempt that reaches it.

    trueup ──▶ FaultyProxy ──▶ moto

A refusal goes out in the wire format of the service's protocol, so that botocore reads it as it would read AWS's own.
"""

from __future__ import annotations

import http.client
import json
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True)
class Refusal:
    """AWS's own words."""

    status: int
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a load balancer says in AWS's place: no protocol of AWS's at all."""

    status: int
    text: str


class Reset:
    """The connection is reset before the request got through."""


class Lost:
    """The request gets through, and the connection is reset before the reply does."""


@dataclass(frozen=True, slots=True)
class Hold:
    """The request waits here until it is released, and gets through then."""

    arrived: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)

    def wait(self) -> None:
        """Wait until a request is held."""
        assert self.arrived.wait(timeout=60), "the call has never come"

    def release(self) -> None:
        self.released.set()


Answer = Refusal | Page | Reset | Lost | Hold

DENIED = Refusal(403, "AccessDenied", "User: arn:aws:iam::123456789012:user/trueup is not authorized to perform this")
THROTTLED = Refusal(400, "Throttling", "Rate exceeded")
BROKEN = Refusal(500, "ServiceFailure", "The request processing has failed because of an unknown error")
UNAVAILABLE = Refusal(503, "ServiceUnavailable", "Service is temporarily unavailable")


@dataclass
class _Rule:
    operation: str
    answer: Answer
    about: bytes
    after: int
    times: int | None

    def take(self, operation: str, body: bytes) -> bool:
        """Whether this rule answers the call; counts down what it has still to do."""
        if operation != self.operation or self.about not in body:
            return False
        if self.after > 0:
            self.after -= 1
            return False
        if self.times is None:
            return True
        self.times -= 1
        return self.times >= 0


class FaultyProxy(ThreadingHTTPServer):
    """The proxy. `calls` are the operations of all attempts since it was last cleared, those that failed too."""

    daemon_threads = True

    def __init__(self, upstream: str) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.upstream = urlsplit(upstream).netloc
        self.calls: list[str] = []
        self.in_flight: dict[str, int] = {}
        self.most_in_flight: dict[str, int] = {}
        """How many calls of an operation were ever under way at one time."""
        self._rules: list[_Rule] = []
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(
        self, operation: str, answer: Answer, *, times: int | None = None, after: int = 0, about: str = ""
    ) -> None:
        """From now on answer an operation so: always or some `times`, `after` some that get through, only `about` a name."""
        with self._lock:
            self._rules.append(_Rule(operation, answer, about.encode(), after, times))

    def hold(self, operation: str, *, after: int = 0) -> Hold:
        """Hold the next call of an operation on its way."""
        hold = Hold()
        self.answer(operation, hold, times=1, after=after)
        return hold

    def heal(self) -> None:
        """Let everything through from now on."""
        with self._lock:
            self._rules.clear()

    def count(self, operation: str) -> int:
        """How many attempts of an operation there were."""
        return self.calls.count(operation)

    def begin(self, operation: str, body: bytes) -> Answer | None:
        """Note an attempt; how to answer it, None to let it through."""
        with self._lock:
            self.calls.append(operation)
            self.in_flight[operation] = self.in_flight.get(operation, 0) + 1
            self.most_in_flight[operation] = max(self.most_in_flight.get(operation, 0), self.in_flight[operation])
            return next((rule.answer for rule in self._rules if rule.take(operation, body)), None)

    def end(self, operation: str) -> None:
        with self._lock:
            self.in_flight[operation] -= 1


class _Handler(BaseHTTPRequestHandler):
    server: FaultyProxy
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        operation = self._operation(body)
        try:
            self._obey(self.server.begin(operation, body), body)
        finally:
            self.server.end(operation)

    do_GET = do_PUT = do_DELETE = do_POST

    def _operation(self, body: bytes) -> str:
        """The operation by its protocol: a header (JSON), a form's field (Query, EC2), else method and path (REST)."""
        target = self.headers.get("X-Amz-Target", "")
        form = parse_qs(body.decode("utf-8", "replace"))
        path = self.path.partition("?")[0]
        return target.rpartition(".")[2] or form.get("Action", [f"{self.command} {path}"])[0]

    def _obey(self, answer: Answer | None, body: bytes) -> None:
        match answer:
            case Refusal():
                self._send(answer.status, *self._worded(answer))
            case Page():
                self._send(answer.status, "text/html", answer.text.encode())
            case Reset():
                self._reset()
            case Lost():
                self._forward(body)
                self._reset()
            case Hold():
                answer.arrived.set()
                answer.released.wait(timeout=60)
                self._send(*self._forward(body))
            case None:
                self._send(*self._forward(body))

    def _forward(self, body: bytes) -> tuple[int, str, bytes]:
        upstream = http.client.HTTPConnection(self.server.upstream, timeout=60)
        upstream.request(self.command, self.path, body, dict(self.headers.items()))
        reply = upstream.getresponse()
        content = reply.read()
        upstream.close()
        return reply.status, reply.getheader("Content-Type", "text/xml"), content

    def _worded(self, refusal: Refusal) -> tuple[str, bytes]:
        code, message = escape(refusal.code), escape(refusal.message)
        error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
        if "X-Amz-Target" in self.headers:
            return "application/x-amz-json-1.1", json.dumps(
                {"__type": refusal.code, "message": refusal.message}
            ).encode()
        if "/ec2/aws4_request" in self.headers.get("Authorization", ""):
            return "text/xml", f"<Response><Errors>{error}</Errors><RequestID>1</RequestID></Response>".encode()
        return "text/xml", f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>".encode()

    def _send(self, status: int, content_type: str, content: bytes) -> None:
        try:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
        except ConnectionError:  # the one who asked was killed meanwhile
            self.close_connection = True

    def _reset(self) -> None:
        """Close with a RST in place of a FIN."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def finish(self) -> None:
        if not self.wfile.closed and self.connection.fileno() >= 0:
            super().finish()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's own name
        """Nothing: `calls` has what tests look at."""


@contextmanager
def faulty_proxy(upstream: str) -> Iterator[FaultyProxy]:
    """The proxy at work, on a free port of loopback."""
    with FaultyProxy(upstream) as proxy:
        thread = threading.Thread(target=proxy.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield proxy
        finally:
            proxy.shutdown()
            thread.join()
