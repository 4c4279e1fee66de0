"""Accounts: credentials, and one cached client per service and region, with a gate before each call and a count after it.

Clients live as long as the daemon, because botocore's adaptive rate limiter lives in the client.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.credentials import AssumeRoleCredentialFetcher, DeferredRefreshableCredentials
from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError, UnknownRegionError
from botocore.loaders import Loader, create_loader
from botocore.parsers import ResponseParserError
from botocore.session import Session, get_session

from controller.aws.failure import DENIED, PERHAPS_DONE, THROTTLED, translate
from controller.aws.pace import Paces
from controller.errors import AwsError, AwsRefused, Held, TrueupError
from controller.model.address import Address
from controller.model.event import AwsCalled, Emit
from controller.model.scope import Scope

READS = re.compile(r"^(Get|List|Describe|Head|BatchGet|Search|Simulate|Test|AssumeRole)")
"""Operations that change nothing."""

acting: ContextVar[tuple[Address, ...]] = ContextVar("acting", default=())
"""The resources that the calls of this thread are made for, so that a pause of one resource stops just its calls."""

Gate = Callable[[Address | None, bool], None]
"""Asked before every attempt of every call: for which resource it is, and whether it would change something. Raises Held
to stop it."""


def open_gate(address: Address | None, mutating: bool) -> None:
    """A gate that stops nothing."""


class InFlight:
    """The requests that are on their way to AWS: who ends the process waits for these, and for nothing else."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def add(self, count: int) -> None:
        """Note that a request has left (1), or that its reply is here or will not come (-1)."""
        with self._changed:
            self._count += count
            self._changed.notify_all()

    def wait_for_none(self) -> None:
        """Wait until all replies are here."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0)


class Account:
    """One AWS account as one identity. Safe to share between threads."""

    def __init__(
        self,
        login: boto3.Session,
        *,
        emit: Emit,
        gate: Gate,
        in_flight: InFlight,
        paces: Paces,
        workers: int,
        attempts: int,
    ) -> None:
        self._paces = paces
        self._login = login
        self._emit = emit
        self._gate = gate
        self._in_flight = in_flight
        self._config = Config(
            retries={"mode": "adaptive", "total_max_attempts": attempts},
            max_pool_connections=workers,
            connect_timeout=10,
            read_timeout=60,
            user_agent_extra="trueup",
        )
        self._clients: dict[tuple[str, str], Any] = {}
        self._making = threading.Lock()
        self._call = threading.local()
        self.id = ""
        self.partition = ""

    def client(self, service: str, region: str) -> Any:
        """The cached boto3 client of a service in a region."""
        with self._making:  # making clients is not thread-safe, its clients are
            if (service, region) not in self._clients:
                self._clients[service, region] = self._new_client(service, region)
            return self._clients[service, region]

    def identify(self, region: str) -> str:
        """Ask STS who we are, and return our ARN. Raises AwsError."""
        try:
            reply = self.client("sts", region).get_caller_identity()
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            raise translate(error, "sts", "GetCallerIdentity") from error
        self.id = reply["Account"]
        self.partition = reply["Arn"].split(":")[1]
        return str(reply["Arn"])

    def _new_client(self, service: str, region: str) -> Any:
        client = self._login.client(service, region_name=region, config=self._config)
        events = client.meta.events
        if pace := self._paces.of(self.id, service, client.meta.endpoint_url):
            events.register("before-send", lambda **_: pace.wait())
        events.register("before-call", self._before_call)
        events.register("before-send", self._before_send)
        events.register("response-received", self._received)
        events.register("needs-retry", self._after_attempt)
        events.register("after-call", self._after_call)
        events.register("after-call-error", self._after_error)
        return client

    def _before_call(self, **_: Any) -> None:
        self._call.began = time.monotonic()
        self._call.attempts = 0
        self._call.throttled = False
        self._call.perhaps_done = False
        self._call.sent = False

    def _before_send(self, event_name: str, **_: Any) -> None:
        # Every attempt passes here, so that a call that is being retried stops as well.
        try:
            for address in acting.get() or (None,):
                self._gate(address, not READS.match(event_name.rpartition(".")[2]))
        except Held as held:
            held.retried = self._call.perhaps_done
            raise
        self._call.sent = True
        self._in_flight.add(1)

    def _received(self, **_: Any) -> None:
        if self._call.sent:
            self._call.sent = False
            self._in_flight.add(-1)

    def _after_attempt(self, response: Any, **_: Any) -> None:
        self._call.attempts += 1
        if response is not None and response[1].get("Error", {}).get("Code") in THROTTLED:
            self._call.throttled = True
        if response is None or response[0].status_code >= 500:
            self._call.perhaps_done = True

    def _after_call(self, model: Any, parsed: dict[str, Any], **_: Any) -> None:
        parsed.get("ResponseMetadata", {})[PERHAPS_DONE] = self._call.perhaps_done
        self._count(model.service_model.service_name, model.name, str(parsed.get("Error", {}).get("Code", "ok")))

    def _after_error(self, event_name: str, exception: Exception, **_: Any) -> None:
        if isinstance(exception, TrueupError):
            return  # it never left: held, or its credentials could not be had
        service, operation = event_name.split(".")[1:3]  # after-call-error.iam.GetRole
        self._count(service, operation, type(exception).__name__)

    def _count(self, service: str, operation: str, result: str) -> None:
        self._emit(
            AwsCalled(
                service=service,
                operation=operation,
                result=result,
                seconds=time.monotonic() - self._call.began,
                retries=max(0, self._call.attempts - 1),
                throttled=self._call.throttled,
            )
        )


class Accounts:
    """The accounts of all scopes, opened when first needed and then kept."""

    def __init__(self, *, emit: Emit, gate: Gate = open_gate, workers: int = 8, attempts: int = 8) -> None:
        self.in_flight = InFlight()
        self._options: dict[str, Any] = {
            "emit": emit,
            "gate": gate,
            "in_flight": self.in_flight,
            "paces": Paces(),
            "workers": workers,
            "attempts": attempts,
        }
        self._opened: dict[tuple[str, str, str], Account] = {}
        self._opening = threading.Lock()

    def of(self, scope: Scope) -> Account:
        """The account of a scope, as the identity that the scope asks for.

        Raises AwsError where there are no credentials, or they are for another account than the scope says: nothing in a
        wrong account is ever touched.
        """
        spec = scope.spec
        key = (spec.account, spec.role, spec.external_id)
        with self._opening:
            if key not in self._opened:
                self._opened[key] = self._open(scope)
            return self._opened[key]

    def _open(self, scope: Scope) -> Account:
        spec = scope.spec
        try:
            login = boto3.Session(botocore_session=_session())
            if spec.role:
                login = _assumed(spec.role, spec.external_id, spec.region, f"trueup-{scope.name}")
        except BotoCoreError as error:
            raise translate(error, "sts", "AssumeRole" if spec.role else "GetCallerIdentity") from error
        account = Account(login, **self._options)
        arn = account.identify(spec.region)
        if account.id != spec.account:
            raise AwsRefused(
                f"scope {scope.name!r} is account {spec.account}, but the credentials are those of {arn}",
                service="sts",
                operation="GetCallerIdentity",
                code="WrongAccount",
                hint="name a role of that account in the scope (spec.role), or run with its credentials",
            )
        return account


def role_arn(name: str, account: str, region: str) -> str:
    """The ARN of a role that is known by its name. Raises TrueupError for a region that AWS does not have."""
    try:
        partition = boto3.Session().get_partition_for_region(region)
    except UnknownRegionError as error:
        raise TrueupError(str(error)) from error
    return f"arn:{partition}:iam::{account}:role/{name}"


@cache
def _models(data_path: str | None) -> Loader:
    """The descriptions of AWS's services. Those of EC2 alone take tens of megabytes, and the better part of a second to read."""
    return create_loader(data_path)


def _session() -> Session:
    """A botocore session of its own, with what all of them read alike shared between them."""
    session = get_session()
    session.register_component("data_loader", _models(session.get_config_variable("data_path")))
    return session


def _assumed(role: str, external_id: str, region: str, name: str) -> boto3.Session:
    """A login with the role's credentials, renewed by botocore before they expire."""
    source = _session()
    extra = {"RoleSessionName": name[:64], **({"ExternalId": external_id} if external_id else {})}

    def sts(service: str, **options: Any) -> Any:
        return source.create_client(service, region_name=region, **options)

    own = source.get_credentials()
    if own is None:
        raise NoCredentialsError
    fetcher = AssumeRoleCredentialFetcher(sts, own, role, extra_args=extra)

    def fetch() -> dict[str, str]:
        try:
            credentials: dict[str, str] = fetcher.fetch_credentials()
        except (ClientError, BotoCoreError, ResponseParserError) as error:
            raise _not_assumed(role, translate(error, "sts", "AssumeRole")) from error
        return credentials

    assumed = _session()
    assumed._credentials = DeferredRefreshableCredentials(fetch, "assume-role")
    return boto3.Session(botocore_session=assumed)


def _not_assumed(role: str, said: AwsError) -> AwsError:
    """AWS's refusal, with the role that it is about: AWS names it only sometimes."""
    denied = "let its trust policy name the identity that trueup runs as (and the scope's externalId), and allow that "
    hint = f"{denied}identity sts:AssumeRole on it" if said.code in DENIED else said.hint
    message = f"role {role} cannot be assumed: {said.message}"
    return type(said)(message, service=said.service, operation=said.operation, code=said.code, hint=hint)
