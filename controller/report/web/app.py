"""The HTTP side: /metrics, /healthz, /readyz, /api/status and one page for people."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import uvicorn
from jinja2 import Environment, FileSystemLoader, select_autoescape
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from controller.errors import TrueupError
from controller.model.duration import format_duration
from controller.model.event import Outcome
from controller.model.plan import Change, State, Status
from controller.reconcile.render import change_lines
from controller.report.board import Board, as_json
from controller.version import VERSION

MEANING = {
    State.FAILED: "AWS refused, or the manifest is wrong",
    State.UNKNOWN: "AWS could not be read",
    State.BLOCKED: "something is in the way that trueup may not touch, or what it needs is not there",
    State.HELD: "waits for a person to decide",
    State.DRIFTED: "git and AWS differ, and it has not been mended",
    State.PENDING: "AWS is still at it, or what it waits for is",
}
"""What a state means to the one who is on call, in the order in which to look."""
MOST = 100
"""Longer lists are cut: the page is for people."""
SIGNS = {"+": "plus", "-": "minus"}
HEADERS = {
    # There is no script and nothing from elsewhere on the page, and none could be smuggled in.
    "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
    "cache-control": "no-store",
}


def make_app(board: Board, registry: CollectorRegistry, ill: Callable[[], str]) -> Starlette:
    """The application. `ill` says why the process is not healthy, or ""."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(), trim_blocks=True
    )
    templates.filters.update(ago=_ago, words=_words, troubles=_troubles, lines=_lines)
    templates.globals |= {"states": list(State), "most": MOST, "version": VERSION}

    def page(_: Request) -> Response:
        picture = board.picture
        text = templates.get_template("page.html").render(picture=picture, now=datetime.now(UTC))
        return HTMLResponse(text, headers=HEADERS)

    def metrics(request: Request) -> Response:
        encode, content_type = choose_encoder(request.headers.get("accept", ""))
        return Response(encode(registry), headers={"content-type": content_type})

    def healthz(_: Request) -> Response:
        reason = ill()
        return PlainTextResponse(f"{reason or 'ok'}\n", status_code=503 if reason else 200)

    def readyz(_: Request) -> Response:
        reason = board.picture.waiting_for
        return PlainTextResponse(f"{reason or 'ok'}\n", status_code=503 if reason else 200)

    def status(_: Request) -> Response:
        return JSONResponse(as_json(board.picture))

    return Starlette(
        routes=[
            Route("/", page),
            Route("/metrics", metrics),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
            Route("/api/status", status),
        ]
    )


def _ago(at: datetime) -> str:
    return format_duration((datetime.now(UTC) - at).total_seconds())


def _words(state: State) -> str:
    return state.value.replace("_", " ")


def _troubles(outcome: Outcome) -> Iterator[tuple[State, str, list[Status]]]:
    """What is not in sync, by state, the worst first."""
    for state, meaning in MEANING.items():
        statuses = [status for _, status in sorted(outcome.statuses.items()) if status.state is state]
        if statuses:
            yield state, meaning, statuses


def _lines(changes: tuple[Change, ...]) -> Iterator[tuple[str, str]]:
    """The fields that differ, as `trueup plan` shows them (secrets hidden): a class for the sign, and the line."""
    for change in changes:
        for line in change_lines(change):
            text = line.plain.removeprefix("      ")
            yield SIGNS.get(text[:1], ""), text


class Server:
    """The application behind a listening socket, in a thread of its own."""

    def __init__(self, app: Starlette, host: str, port: int) -> None:
        config = uvicorn.Config(app, host=host, port=port, log_config=None, access_log=False, lifespan="off")
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]  # signals are the daemon's
        try:
            family = socket.AF_INET6 if ":" in host else socket.AF_INET
            self._socket = socket.create_server((host, port), family=family)
        except OSError as error:
            raise TrueupError(
                f"cannot listen on {host}:{port}: {error}", hint="choose another with --listen"
            ) from error
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="web", daemon=True
        )

    def start(self) -> None:
        """Begin to answer."""
        self._thread.start()

    def stop(self) -> None:
        """Stop answering, within a second."""
        self._server.should_exit = True
        self._server.force_exit = True
        self._thread.join(timeout=2)
        self._socket.close()
