"""The HTTP side: /metrics, /healthz, /readyz, /api/status and one page for people."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
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
from controller.model.plan import State
from controller.report.board import Board, as_json


def make_app(board: Board, registry: CollectorRegistry, ill: Callable[[], str]) -> Starlette:
    """The application. `ill` says why the process is not healthy, or ""."""
    templates = Environment(
        loader=FileSystemLoader(Path(__file__).parent), autoescape=select_autoescape(), trim_blocks=True
    )
    templates.filters["ago"] = lambda at: format_duration((datetime.now(UTC) - at).total_seconds())

    def page(_: Request) -> Response:
        picture = board.picture
        return HTMLResponse(
            templates.get_template("page.html").render(picture=picture, states=list(State), State=State)
        )

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
