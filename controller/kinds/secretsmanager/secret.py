"""Secrets: made and policed here, while their values never come from git, never go to it, and are never read.

`generate` has AWS make up a value when the secret is made: GetRandomPassword gives it and CreateSecret takes it, since no call does
both. In between it is in this process's memory, for the length of `create`; it is in no log, error, event, output or state.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from controller.aws.client import Aws
from controller.errors import AlreadyExists, NotFound
from controller.kinds.base import Kind
from controller.kinds.tagging import OWNER, is_ours, to_list, to_map
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.policy import NONE, PolicyDocument, PolicyOrNone
from controller.model.problem import Problem, Severity
from controller.model.scope import Scope
from controller.model.spec import Part, TaggedSpec

PAGE = 100
"""The largest page that ListSecrets gives."""
RECOVERY_DAYS = 30
"""How long a deleted secret can be restored: the longest that AWS offers."""
SCOPE = "trueup:scope"
AWS_KEY = "alias/aws/secretsmanager"
_SETTLED = ("InSync", "Detached")


def _object(text: str) -> str:
    if text and not isinstance(json.loads(text), dict):
        raise ValueError('must be a JSON object, such as {"username": "app"}')
    return text


class Generate(Part):
    """How AWS makes up a value when the secret is made."""

    length: int = Field(default=32, ge=1, le=4096, description="Characters (PasswordLength).")
    exclude_characters: str = Field(default="", max_length=4096, description="Characters that it must not have.")
    exclude_numbers: bool = Field(default=False, description="Whether it has no digits.")
    exclude_punctuation: bool = Field(default=False, description="Whether it has no punctuation.")
    exclude_uppercase: bool = Field(default=False, description="Whether it has no upper-case letters.")
    exclude_lowercase: bool = Field(default=False, description="Whether it has no lower-case letters.")
    include_space: bool = Field(default=False, description="Whether it may have spaces.")
    require_each_included_type: bool = Field(
        default=True, description="Whether it has at least one of each of the sorts of characters that it may have."
    )
    template: Annotated[str, AfterValidator(_object)] = Field(
        default="",
        description="A JSON object that the value is put into (SecretStringTemplate); empty: the value alone.",
    )
    key: str = Field(default="", description="The template's key that the value is put under (GenerateStringKey).")

    def wrap(self, password: str) -> str:
        """The secret's value, once AWS has made up its secret part."""
        return json.dumps({**json.loads(self.template or "{}"), self.key: password}) if self.key else password


class Replica(Part):
    """A copy in another region, which AWS keeps current."""

    key_fields = ("region",)
    region: str = Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="The region.")
    kms_key_id: str | None = Field(
        default=None, description="ARN or alias of the KMS key there; unset: AWS's own, and not managed."
    )


def _by_region(replicas: tuple[Replica, ...]) -> tuple[Replica, ...]:
    regions = [replica.region for replica in replicas]
    if len(set(regions)) < len(regions):
        raise ValueError("a region stands twice")
    return tuple(sorted(replicas, key=lambda replica: replica.region))


class SecretSpec(TaggedSpec):
    """A secret, without its value."""

    name: Annotated[str, Field(pattern=r"^[\w/+=.@-]+$", max_length=512)] = Field(
        description="The name, unique in account and region; unset: metadata.name."
    )
    description: str = Field(default="", max_length=2048, description="What it is for.")
    kms_key_id: str = Field(
        default="",
        pattern=r"^(|arn:[\w-]+:kms:[\w-]+:\d{12}:(key|alias)/.+)$",
        description="ARN of the KMS key that its values are encrypted with; empty: AWS's own (aws/secretsmanager).",
    )
    resource_policy: PolicyOrNone = Field(
        default=NONE,
        description="Who may use it beside those whose own policies say so, in IAM's grammar; `none`: nobody. AWS refuses one "
        "that lets everybody in.",
    )
    replica_regions: Annotated[tuple[Replica, ...], AfterValidator(_by_region)] = Field(
        default=(), description="Regions in which AWS keeps a copy. A copy anywhere else is removed."
    )
    generate: Generate | None = Field(
        default=None,
        description="Has AWS make up the value when the secret is made; what changes here later changes nothing. Unset: the "
        "secret is made without a value, for somebody to put one in.",
    )


class Secret(Kind[SecretSpec]):
    """Secret of the Secrets Manager. Its value is neither compared nor read; rotation is left alone.

    Deleted, it can be restored for 30 days. Made again in that time, it is restored with the value that it had, if it was trueup's.
    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html
    Observation: ceil(n / 100) calls, tags included, + 2 reads (policy, copies) for each secret that is trueup's, or is to be
    adopted or exported.
    """

    api = "secretsmanager.aws/v1"
    doc = "https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_CreateSecret.html"
    name_field = "name"
    replace_on = frozenset({"name"})
    outputs: ClassVar[Mapping[str, str]] = {
        "arn": "The secret's ARN, by which task definitions refer to it.",
        "name": "Its name.",
    }
    reads = ("secretsmanager:ListSecrets", "secretsmanager:DescribeSecret", "secretsmanager:GetResourcePolicy")
    writes = (
        "secretsmanager:CreateSecret",
        "secretsmanager:GetRandomPassword",
        "secretsmanager:RestoreSecret",
        "secretsmanager:UpdateSecret",
        "secretsmanager:DeleteSecret",
        "secretsmanager:PutResourcePolicy",
        "secretsmanager:DeleteResourcePolicy",
        "secretsmanager:ReplicateSecretToRegions",
        "secretsmanager:RemoveRegionsFromReplication",
        "secretsmanager:TagResource",
        "secretsmanager:UntagResource",
    )

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if not isinstance(spec, SecretSpec):
            return
        if spec.name[-7:-6] == "-":
            found = "ends in - and six characters, as AWS's ARNs of secrets do: partial ARNs may find another secret"
            yield manifest.problem("name", found, severity=Severity.WARNING)
        if spec.generate and spec.generate.template and not spec.generate.key:
            yield manifest.problem("generate.key", "is needed, to say where in the template the value goes")
        if scope.spec.region in {replica.region for replica in spec.replica_regions}:
            yield manifest.problem("replicaRegions", f"{scope.spec.region} is the secret's own region")

    def tell(self, verb: Verb, before: SecretSpec | None, after: SecretSpec | None) -> Iterator[str]:
        if verb is Verb.DELETE:
            yield f"nobody can read it any more; it can be restored for {RECOVERY_DAYS} days"
        elif verb is Verb.REPLACE:
            yield "makes another secret, without the value of this one"

    def observe(self, aws: Aws, wanted: Wanted[SecretSpec]) -> Iterator[Observed[SecretSpec]]:
        for page in aws.pages("secretsmanager", "ListSecrets", page_size=PAGE):
            for secret in page["SecretList"]:
                copied = secret.get("PrimaryRegion", aws.region) != aws.region
                if not copied and not secret.get("OwningService"):
                    asked = is_ours(to_map(secret.get("Tags", ())), secret["ARN"], secret["Name"], wanted)
                    yield _read(aws, secret) if asked else translate(secret)

    def create(self, aws: Aws, spec: SecretSpec, tags: Mapping[str, str]) -> Made:
        scheduled = _scheduled(aws, spec.name)
        if scheduled:
            return self._restore(aws, scheduled, spec, tags)
        key = {"KmsKeyId": spec.kms_key_id} if spec.kms_key_id else {}
        copies: dict[str, Any] = {"AddReplicaRegions": _regions(spec.replica_regions)} if spec.replica_regions else {}
        arn = aws.call(
            "secretsmanager",
            "CreateSecret",
            Name=spec.name,
            Description=spec.description,
            Tags=to_list(tags),
            **key,
            **copies,
            **_value(aws, spec.generate),
        )["ARN"]
        if isinstance(spec.resource_policy, PolicyDocument):
            _put_policy(aws, arn, spec.resource_policy)
        return Made(arn, {"arn": arn, "name": spec.name})

    def _restore(self, aws: Aws, scheduled: Mapping[str, Any], spec: SecretSpec, tags: Mapping[str, str]) -> Made:
        """Take back the deletion of a secret that was trueup's, and bring it to what git says."""
        there = to_map(scheduled.get("Tags", ()))
        if any(there.get(mark) != tags.get(mark) for mark in (OWNER, SCOPE)):
            raise AlreadyExists(
                f"secretsmanager:CreateSecret: {spec.name} is scheduled for deletion and was not made by trueup here; "
                "restore it and take it over with `lifecycle: {adopt: true}`, or delete it for good",
                service="secretsmanager",
                operation="CreateSecret",
            )
        aws.call("secretsmanager", "RestoreSecret", SecretId=scheduled["ARN"])
        live = _read(aws, scheduled)
        self.retag(aws, live, tags, frozenset(there.keys() - tags.keys()))
        named = ("description", "kms_key_id", "resource_policy", "replica_regions")
        differs = {name for name in named if getattr(live.spec, name) != getattr(spec, name)}
        self.update(aws, live, spec, frozenset(str(SecretSpec.model_fields[name].alias) for name in differs))
        return Made(live.id, live.outputs)

    def update(self, aws: Aws, live: Observed[SecretSpec], spec: SecretSpec, changed: frozenset[str]) -> None:
        if changed & {"description", "kmsKeyId"}:
            key = {"KmsKeyId": spec.kms_key_id} if "kmsKeyId" in changed else {}
            aws.call("secretsmanager", "UpdateSecret", SecretId=live.id, Description=spec.description, **key)
        if "replicaRegions" in changed:
            _put_replicas(aws, live, spec.replica_regions)
        if "resourcePolicy" in changed:
            if isinstance(spec.resource_policy, PolicyDocument):
                _put_policy(aws, live.id, spec.resource_policy)
            else:
                aws.call("secretsmanager", "DeleteResourcePolicy", SecretId=live.id)

    def delete(self, aws: Aws, live: Observed[SecretSpec]) -> None:
        if live.spec.replica_regions:
            regions = [replica.region for replica in live.spec.replica_regions]
            aws.call("secretsmanager", "RemoveRegionsFromReplication", SecretId=live.id, RemoveReplicaRegions=regions)
        aws.call("secretsmanager", "DeleteSecret", SecretId=live.id, RecoveryWindowInDays=RECOVERY_DAYS)

    def retag(self, aws: Aws, live: Observed[SecretSpec], put: Mapping[str, str], remove: frozenset[str]) -> None:
        if put:
            aws.call("secretsmanager", "TagResource", SecretId=live.id, Tags=to_list(put))
        if remove:
            aws.call("secretsmanager", "UntagResource", SecretId=live.id, TagKeys=sorted(remove))


def _value(aws: Aws, generate: Generate | None) -> dict[str, str]:
    """A value made up by AWS, on its way to CreateSecret. Nothing else may hold it."""
    if generate is None:
        return {}
    password = aws.call(
        "secretsmanager",
        "GetRandomPassword",
        PasswordLength=generate.length,
        ExcludeCharacters=generate.exclude_characters,
        ExcludeNumbers=generate.exclude_numbers,
        ExcludePunctuation=generate.exclude_punctuation,
        ExcludeUppercase=generate.exclude_uppercase,
        ExcludeLowercase=generate.exclude_lowercase,
        IncludeSpace=generate.include_space,
        RequireEachIncludedType=generate.require_each_included_type,
    )["RandomPassword"]
    return {"SecretString": generate.wrap(password)}


def _scheduled(aws: Aws, name: str) -> Mapping[str, Any] | None:
    """The secret of this name that AWS is to delete, and until then lets nobody make again."""
    try:
        found = aws.call("secretsmanager", "DescribeSecret", SecretId=name)
    except NotFound:
        return None
    return found if found.get("DeletedDate") else None


def _read(aws: Aws, secret: Mapping[str, Any]) -> Observed[SecretSpec]:
    """A listed secret with what the list leaves out: copies and policy."""
    described = aws.call("secretsmanager", "DescribeSecret", SecretId=secret["ARN"])
    policy = aws.call("secretsmanager", "GetResourcePolicy", SecretId=secret["ARN"])
    return translate(secret, described.get("ReplicationStatus", ()), policy.get("ResourcePolicy", NONE))


def _put_policy(aws: Aws, arn: str, policy: PolicyDocument) -> None:
    text = policy.to_json()
    aws.call("secretsmanager", "PutResourcePolicy", SecretId=arn, ResourcePolicy=text, BlockPublicPolicy=True)


def _put_replicas(aws: Aws, live: Observed[SecretSpec], wanted: tuple[Replica, ...]) -> None:
    """Bring the copies to those that are wanted. One whose key changes has to go before it comes again."""
    there = {replica.region: replica.kms_key_id for replica in live.spec.replica_regions}
    fits = {r.region for r in wanted if r.region in there and r.kms_key_id in (None, there[r.region])}
    added = tuple(replica for replica in wanted if replica.region not in fits)
    removed = sorted(there.keys() - fits)
    if removed:
        aws.call("secretsmanager", "RemoveRegionsFromReplication", SecretId=live.id, RemoveReplicaRegions=removed)
    if added:
        aws.call("secretsmanager", "ReplicateSecretToRegions", SecretId=live.id, AddReplicaRegions=_regions(added))


def _regions(replicas: tuple[Replica, ...]) -> list[dict[str, str]]:
    return [{"Region": r.region, **({"KmsKeyId": r.kms_key_id} if r.kms_key_id else {})} for r in replicas]


def translate(secret: Mapping[str, Any], copies: Any = None, policy: str | None = None) -> Observed[SecretSpec]:
    """The secret of a ListSecrets reply. Copies and policy that were not asked for are unknown."""
    key = secret.get("KmsKeyId") or ""
    replicas = (Replica(region=c["Region"], kms_key_id=c.get("KmsKeyId")) for c in copies or ())
    known: dict[str, Any] = {
        "name": secret["Name"],
        "description": secret.get("Description", ""),
        "kms_key_id": "" if key == AWS_KEY else key,
        "resource_policy": policy if policy in (None, NONE) else PolicyDocument.parse(policy),
        "replica_regions": None if copies is None else _by_region(tuple(replicas)),
        "generate": None,
    }
    pending = "; ".join(
        f"the copy in {copy['Region']} is {copy['Status']}: {copy.get('StatusMessage', 'AWS is at it')}"
        for copy in copies or ()
        if copy["Status"] not in _SETTLED
    )
    outputs = {"arn": secret["ARN"], "name": secret["Name"]}
    spec = SecretSpec.model_construct(**known, tags={})
    return Observed(secret["ARN"], spec, to_map(secret.get("Tags", ())), outputs, pending)
