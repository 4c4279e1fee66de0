"""What AWS's refusals mean: botocore's exceptions become trueup's, by error code and never by guessing at the text.

Codes are those of the services' API references and of
https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html; what is not listed and is no 5xx is taken as a refusal.
"""

from __future__ import annotations

from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - botocore's own name; Python's is not used here
    EndpointConnectionError,
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
)
from botocore.parsers import ResponseParserError

from controller.errors import AlreadyExists, AwsBusy, AwsError, AwsRefused, AwsTemporary, NotFound

THROTTLED = frozenset(
    [
        "BandwidthLimitExceeded",
        "EC2ThrottledException",
        "LimitExceededException.Throttled",
        "PriorRequestNotComplete",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "ThrottledException",
        "Throttling",
        "ThrottlingException",
        "TooManyRequestsException",
        "TransactionInProgressException",
    ]
)
BUSY = frozenset(
    [
        "ConcurrentModification",
        "ConcurrentModificationException",
        "ConflictException",
        "DeleteConflict",
        "EntityTemporarilyUnmodifiable",
        "InternalError",
        "InternalFailure",
        "OperationAborted",
        "RequestTimeout",
        "RequestTimeoutException",
        "ServiceFailure",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Unavailable",
    ]
)
IN_USE = frozenset(
    [
        "ClusterContainsCapacityProviderException",
        "ClusterContainsContainerInstancesException",
        "ClusterContainsServicesException",
        "ClusterContainsTasksException",
        "DependencyViolation",
        "DuplicateRequest",
        "Gateway.NotAttached",
        "IncorrectState",
        "InvalidIPAddress.InUse",
        "InvalidStateTransition",
        "InvalidVpcState",
        "PrefixListVersionMismatch",
        "PriorityInUse",
        "Resource.AlreadyAssociated",
        "RepositoryNotEmptyException",
        "ResourceInUse",
        "ResourceInUseException",
        "UpdateInProgressException",
        "VpnGatewayAttachmentLimitExceeded",
    ]
)
"""What AWS will do once something else has let go, or has come about."""
TAKEN = frozenset(["DuplicateListener", "DuplicateLoadBalancerName", "DuplicateTargetGroupName"])
"""What says that a name is taken, and does not end as is_taken expects."""
DENIED = frozenset(["AccessDenied", "AccessDeniedException", "AuthorizationError", "UnauthorizedOperation"])
BAD_CREDENTIALS = frozenset(
    [
        "AuthFailure",
        "ExpiredToken",
        "ExpiredTokenException",
        "InvalidClientTokenId",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
    ]
)
NOT_TRUSTED = "must allow AWS EventBridge Scheduler to assume the role"
"""What the Scheduler says of a role that it cannot take on (yet)."""
IAM_PREFIXES = {"elbv2": "elasticloadbalancing", "resourcegroupstaggingapi": "tag"}
"""How IAM names services in actions, where that is not botocore's name."""
AGAIN = "trueup tries again by itself"
PERHAPS_DONE = "PerhapsDone"
"""Where a reply's metadata say that an earlier attempt of the call may have done what it asked for."""


def translate(error: ClientError | BotoCoreError | ResponseParserError, service: str, operation: str) -> AwsError:
    """The trueup error that says what a botocore error means for the person who must act."""
    if isinstance(error, ClientError):
        return _refusal(error, service, operation)
    code = type(error).__name__
    message = f"{service}:{operation}: {str(error).splitlines()[0]}"
    if isinstance(error, NoCredentialsError | PartialCredentialsError | ProfileNotFound):
        hint = (
            "give credentials in one of boto3's ways: AWS_PROFILE, AWS_ACCESS_KEY_ID, or a role of the instance or task"
        )
        return AwsRefused(message, service=service, operation=operation, code=code, hint=hint)
    if isinstance(error, EndpointConnectionError):
        hint = f"is the region right, and is there a way to it from here? {AGAIN}"
        return AwsTemporary(message, service=service, operation=operation, code=code, hint=hint)
    if isinstance(error, ConnectionError | HTTPClientError | ResponseParserError):
        return AwsTemporary(message, service=service, operation=operation, code=code, hint=AGAIN)
    return AwsRefused(message, service=service, operation=operation, code=code)


def _refusal(error: ClientError, service: str, operation: str) -> AwsError:
    details = error.response.get("Error", {})
    metadata = error.response.get("ResponseMetadata", {})
    code, text = str(details.get("Code", "")), str(details.get("Message", ""))
    retried = bool(metadata.get(PERHAPS_DONE))
    return refusal(code, text, service, operation, status=metadata.get("HTTPStatusCode", 0), retried=retried)


def refusal(code: str, text: str, service: str, operation: str, *, status: int = 0, retried: bool = False) -> AwsError:
    """The trueup error that an error code means. For kinds where AWS lists errors in a reply that is none itself."""
    message = f"{service}:{operation}: {code}: {text}" if text else f"{service}:{operation}: {code}"
    if is_taken(code) or (code == "ConflictException" and "already exists" in text):
        return AlreadyExists(message, service=service, operation=operation, code=code, retried=retried)
    kind = _meaning(code, text, status)
    hint = AGAIN if kind is AwsTemporary else _hint(code, service, operation)
    return kind(message, service=service, operation=operation, code=code, hint=hint, retried=retried)


def _meaning(code: str, text: str, status: int) -> type[AwsError]:
    if code in IN_USE:
        return AwsBusy
    if code in THROTTLED or code in BUSY or status >= 500:
        return AwsTemporary
    if is_gone(code):
        return NotFound
    # The name of an ECS service is free once its last tasks are gone.
    if code == "InvalidParameterException" and "still Draining" in text:
        return AwsBusy
    # A principal made a moment ago is not known to all of IAM yet, and nor is a role to all of AWS.
    if code == "MalformedPolicyDocument" and "Invalid principal" in text:
        return AwsTemporary
    if code == "ValidationException" and NOT_TRUSTED in text:
        return AwsTemporary
    return AwsRefused


def is_gone(code: str) -> bool:
    """Whether the code says that there is no such resource: NoSuchEntity, InvalidVpcID.NotFound, RepositoryNotFoundException."""
    return code.startswith("NoSuch") or code.endswith(("NotFound", "NotFoundException", "NotFoundFault"))


def is_taken(code: str) -> bool:
    """Whether the code says that the name is taken: EntityAlreadyExists, InvalidGroup.Duplicate, HostedZoneAlreadyExists."""
    endings = ("AlreadyExists", "AlreadyExistsException", "AlreadyExistsFault", ".Duplicate", "ResourceExistsException")
    return code in TAKEN or code.endswith(endings)


def _hint(code: str, service: str, operation: str) -> str:
    if code in DENIED:
        return f"allow {IAM_PREFIXES.get(service, service)}:{operation} to the role that trueup runs as"
    if code in BAD_CREDENTIALS:
        return "the credentials are wrong or expired, or the account has not enabled the scope's region"
    return ""
