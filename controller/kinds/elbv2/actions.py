"""What a listener or a rule does with a request: as manifests write it, and as AWS's calls take it and give it back.

https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_Action.html
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from controller.kinds.elbv2.types import AsText, TargetGroupRef, as_set
from controller.model.spec import Part

Url = Annotated[str, Field(pattern=r"^https://", max_length=256)]


class WeightedTargetGroup(Part):
    """A target group and its share."""

    key_fields = ("target_group",)

    target_group: TargetGroupRef = Field(description="The target group, by manifest name or ARN (TargetGroupArn).")
    weight: int = Field(default=1, ge=0, le=999, description="Its share of the sum of all weights; 0: nothing.")


class Forward(Part):
    """Passes the request on."""

    target_group: TargetGroupRef = Field(default="", description="The one target group, by manifest name or ARN.")
    target_groups: tuple[WeightedTargetGroup, ...] = Field(
        default=(), max_length=5, description="In place of the one: several, among which requests are shared out."
    )
    stickiness_seconds: int = Field(
        default=0,
        ge=0,
        le=604800,
        description="For how long a client stays with its target group (TargetGroupStickinessConfig); 0: not at all.",
    )

    @model_validator(mode="after")
    def _one_form(self) -> Forward:
        """A single target group is no list, whatever its weight."""
        names = [each.target_group for each in self.target_groups]
        if bool(self.target_group) == bool(names):
            raise ValueError("needs either targetGroup or targetGroups")
        if len(names) != len(set(names)):
            raise ValueError("a target group is given twice")
        # Set past pydantic, which would validate again without an end.
        if len(names) == 1:
            object.__setattr__(self, "target_group", names[0])
            object.__setattr__(self, "target_groups", ())
        else:
            ordered = sorted(self.target_groups, key=lambda each: each.target_group)
            object.__setattr__(self, "target_groups", tuple(ordered))
        return self


class Redirect(Part):
    """Sends the client elsewhere. `#{host}` and the like stand for what was asked for."""

    status_code: Literal["HTTP_301", "HTTP_302"] = Field(description="Whether it is for good (301) or for now (302).")
    protocol: str = Field(default="#{protocol}", pattern=r"^(HTTPS?|#\{protocol\})$", description="HTTP or HTTPS.")
    host: str = Field(default="#{host}", max_length=128, description="The host.")
    port: Annotated[str, AsText, Field(pattern=r"^(\d{1,5}|#\{port\})$")] = Field(
        default="#{port}", description="The port."
    )
    path: str = Field(default="/#{path}", pattern=r"^/", max_length=128, description="The path.")
    query: str = Field(default="#{query}", max_length=128, description="What follows the question mark.")


class FixedResponse(Part):
    """Answers the request itself."""

    status_code: Annotated[str, AsText, Field(pattern=r"^[245]\d\d$")] = Field(description="A 2XX, 4XX or 5XX code.")
    content_type: (
        Literal["text/plain", "text/css", "text/html", "application/javascript", "application/json"] | None
    ) = Field(default=None, description="What the body is; unset: AWS's choice.")
    message_body: str = Field(default="", max_length=1024, description="The body.")


class Authenticate(Part):
    """What both ways of signing users in have in common."""

    session_cookie_name: str = Field(
        default="AWSELBAuthSessionCookie", description="The cookie that holds the session."
    )
    scope: str = Field(default="openid", description="The claims that are asked for.")
    session_timeout: int = Field(default=604800, ge=1, le=604800, description="Seconds until users sign in again.")
    authentication_request_extra_params: dict[str, str] = Field(
        default={}, max_length=10, description="Further parameters of the request for a sign-in."
    )
    on_unauthenticated_request: Literal["deny", "allow", "authenticate"] = Field(
        default="authenticate", description="What is done with users who are not signed in."
    )


class AuthenticateOidc(Authenticate):
    """Signs users in by OpenID Connect."""

    issuer: Url = Field(description="The issuer.")
    authorization_endpoint: Url = Field(description="Where users sign in.")
    token_endpoint: Url = Field(description="Where tokens are to be had.")
    user_info_endpoint: Url = Field(description="Where claims are to be had.")
    client_id: str = Field(description="The client's id.")
    client_secret: str | None = Field(
        default=None,
        repr=False,
        json_schema_extra={"secret": True},
        description="The client's secret. AWS never shows it, so that another one alone is no difference; unset: the one that "
        "AWS has stays.",
    )


class AuthenticateCognito(Authenticate):
    """Signs users in by Cognito."""

    user_pool_arn: str = Field(description="The user pool's ARN.")
    user_pool_client_id: str = Field(description="The id of the user pool's client.")
    user_pool_domain: str = Field(description="The user pool's domain, or the prefix of it.")


class Claim(Part):
    """A claim that a token must make."""

    name: str = Field(description="The claim's name.")
    format: Literal["single-string", "string-array", "space-separated-values"] = Field(description="How it is written.")
    values: frozenset[str] = Field(min_length=1, max_length=10, description="The values that are let through.")


class JwtValidation(Part):
    """Lets only requests with a valid token through."""

    jwks_endpoint: Url = Field(description="Where the keys are to be had.")
    issuer: str = Field(max_length=256, description="The issuer.")
    additional_claims: Annotated[tuple[Claim, ...], AfterValidator(as_set)] = Field(
        default=(), description="Claims to look at beside exp, iss, nbf and iat."
    )


TYPES: Mapping[str, str] = {
    "forward": "forward",
    "redirect": "redirect",
    "fixed_response": "fixed-response",
    "authenticate_oidc": "authenticate-oidc",
    "authenticate_cognito": "authenticate-cognito",
    "jwt_validation": "jwt-validation",
}
"""AWS's types of actions by our fields."""
LAST = ("forward", "redirect", "fixed-response")
"""What ends a request; all else comes before."""


class Action(Part):
    """One thing that is done with a request."""

    key_fields = ("type",)

    forward: Forward | None = Field(default=None, description="Passes it on to target groups.")
    redirect: Redirect | None = Field(default=None, description="Sends the client elsewhere.")
    fixed_response: FixedResponse | None = Field(default=None, description="Answers it.")
    authenticate_oidc: AuthenticateOidc | None = Field(
        default=None, description="Signs users in by OpenID Connect before what follows."
    )
    authenticate_cognito: AuthenticateCognito | None = Field(
        default=None, description="Signs users in by Cognito before what follows."
    )
    jwt_validation: JwtValidation | None = Field(default=None, description="Wants a valid token before what follows.")

    @model_validator(mode="after")
    def _one(self) -> Action:
        if sum(getattr(self, field) is not None for field in TYPES) != 1:
            raise ValueError(
                "is one of forward, redirect, fixedResponse, authenticateOidc, authenticateCognito, jwtValidation"
            )
        return self

    @property
    def type(self) -> str:
        """AWS's name for what it does; "" for what AWS has thought of since."""
        return next((name for field, name in TYPES.items() if getattr(self, field, None) is not None), "")


def _in_order(actions: tuple[Action, ...]) -> tuple[Action, ...]:
    types = [action.type for action in actions]
    if not types or types[-1] not in (*LAST, ""):
        raise ValueError("must end with forward, redirect or fixedResponse")
    if len(types) != len(set(types)) or any(each in LAST for each in types[:-1]):
        raise ValueError("has only one of forward, redirect and fixedResponse, and each of the others once, before it")
    return actions


Actions = Annotated[tuple[Action, ...], AfterValidator(_in_order)]


def targets(actions: Iterable[Action]) -> Iterator[str]:
    """The target groups that some actions pass requests on to."""
    for action in actions:
        if action.forward:
            yield from filter(
                None, (action.forward.target_group, *(g.target_group for g in action.forward.target_groups))
            )


def told(actions: tuple[Action, ...]) -> str:
    """What becomes of a request in the end: `go to app`, `go to app (9) and canary (1)`, `are sent to https://#{host}`."""
    last = actions[-1]
    if last.forward and last.forward.target_group:
        return f"go to {last.forward.target_group}"
    if last.forward:
        return "go to " + " and ".join(f"{each.target_group} ({each.weight})" for each in last.forward.target_groups)
    if last.redirect:
        return f"are sent to {last.redirect.protocol.lower()}://{last.redirect.host}:{last.redirect.port}{last.redirect.path}"
    return f"are answered with {last.fixed_response.status_code}" if last.fixed_response else "are handled otherwise"


def to_aws(actions: tuple[Action, ...]) -> list[dict[str, Any]]:
    """Actions in the form that AWS's calls take."""
    return [{"Type": each.type, "Order": place, **_config(each)} for place, each in enumerate(actions, 1)]


def _config(action: Action) -> dict[str, Any]:
    if action.forward:
        return _forward(action.forward)
    if action.redirect:
        return {"RedirectConfig": _pascal(action.redirect)}
    if action.fixed_response:
        return {"FixedResponseConfig": _pascal(action.fixed_response)}
    if action.authenticate_oidc:
        known = {} if action.authenticate_oidc.client_secret else {"UseExistingClientSecret": True}
        return {"AuthenticateOidcConfig": _pascal(action.authenticate_oidc) | known}
    if action.authenticate_cognito:
        return {"AuthenticateCognitoConfig": _pascal(action.authenticate_cognito)}
    return {"JwtValidationConfig": _jwt(action.jwt_validation)} if action.jwt_validation else {}


def _forward(forward: Forward) -> dict[str, Any]:
    if forward.target_group and not forward.stickiness_seconds:
        return {"TargetGroupArn": forward.target_group}
    groups = forward.target_groups or (WeightedTargetGroup(target_group=forward.target_group),)
    stickiness: dict[str, Any] = {"Enabled": bool(forward.stickiness_seconds)}
    if forward.stickiness_seconds:
        stickiness["DurationSeconds"] = forward.stickiness_seconds
    shares = [{"TargetGroupArn": each.target_group, "Weight": each.weight} for each in groups]
    return {"ForwardConfig": {"TargetGroups": shares, "TargetGroupStickinessConfig": stickiness}}


def _jwt(jwt: JwtValidation) -> dict[str, Any]:
    claims = [
        {"Name": each.name, "Format": each.format, "Values": sorted(each.values)} for each in jwt.additional_claims
    ]
    more = {"AdditionalClaims": claims} if claims else {}
    return {"JwksEndpoint": jwt.jwks_endpoint, "Issuer": jwt.issuer, **more}


def _pascal(part: Part) -> dict[str, Any]:
    """A part whose fields are AWS's but for the first letter; what is empty is left out."""
    fields = part.model_dump(by_alias=True)
    return {name[0].upper() + name[1:]: value for name, value in fields.items() if value not in (None, "", {})}


def from_aws(actions: Iterable[Mapping[str, Any]]) -> tuple[Action, ...]:
    """Actions of a reply, in their order."""
    return tuple(_action(each) for each in sorted(actions, key=lambda each: int(each.get("Order") or 0)))


def _action(found: Mapping[str, Any]) -> Action:
    match found["Type"]:
        case "forward":
            config = found.get("ForwardConfig", {})
            groups = config.get("TargetGroups") or [found]
            sticky = config.get("TargetGroupStickinessConfig", {})
            return Action(
                forward=Forward(
                    target_groups=tuple(
                        WeightedTargetGroup(target_group=each["TargetGroupArn"], weight=each.get("Weight", 1))
                        for each in groups
                    ),
                    stickiness_seconds=sticky.get("DurationSeconds", 0) if sticky.get("Enabled") else 0,
                )
            )
        case "redirect":
            return Action(redirect=Redirect(**_camel(found["RedirectConfig"])))
        case "fixed-response":
            return Action(fixed_response=FixedResponse(**_camel(found["FixedResponseConfig"])))
        case "authenticate-oidc":
            config = found["AuthenticateOidcConfig"]
            hidden = ("ClientSecret", "UseExistingClientSecret")
            shown = {key: value for key, value in config.items() if key not in hidden}
            return Action(authenticate_oidc=AuthenticateOidc(**_camel(shown)))
        case "authenticate-cognito":
            return Action(authenticate_cognito=AuthenticateCognito(**_camel(found["AuthenticateCognitoConfig"])))
        case "jwt-validation":
            config = found["JwtValidationConfig"]
            claims = tuple(Claim(**_camel(each)) for each in config.get("AdditionalClaims", ()))
            return Action(
                jwt_validation=JwtValidation(
                    jwks_endpoint=config["JwksEndpoint"], issuer=config["Issuer"], additional_claims=claims
                )
            )
        case _:
            return Action.model_construct()


def _camel(config: Mapping[str, Any]) -> dict[str, Any]:
    return {name[0].lower() + name[1:]: value for name, value in config.items()}
