"""Parameters of the Parameter Store: plain configuration values that git may know."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from controller.aws.client import Aws
from controller.kinds.base import Kind
from controller.kinds.tagging import Tagged, is_ours, read_tags, to_list, to_map
from controller.model.manifest import Manifest
from controller.model.observed import Made, Observed, Wanted
from controller.model.problem import Problem
from controller.model.scope import Scope
from controller.model.spec import TaggedSpec

PAGE = 50
"""The largest page that DescribeParameters gives."""
BATCH = 10
"""So many values GetParameters gives at a time."""
SECURE = "SecureString"
SIZES = {"Standard": 4096, "Advanced": 8192}
"""Bytes that a value may have, by tier."""
DataType = Literal[
    "text",
    "aws:ec2:image",
    "aws:ssm:integration",
    "aws:region",
    "aws:account:id",
    "boolean",
    "integer",
    "float",
    "binary",
    "hostname",
    "email",
    "ipv4-address",
    "ipv6-address",
    "url",
    "json",
    "jsonc",
]


def _plain(type_: object) -> object:
    if type_ == SECURE:
        raise ValueError(
            "SecureString is not managed: the values of secure strings do not belong in git; make a "
            "secretsmanager.aws/v1 Secret, or the parameter by hand, and refer to it"
        )
    return type_


def _named(name: str) -> str:
    if "/" in name and not name.startswith("/"):
        raise ValueError(f"{name!r} has levels, so it must begin with /")
    if name.lstrip("/").lower().startswith(("aws", "ssm")):
        raise ValueError(f"{name!r} begins with aws or ssm, which AWS keeps for itself")
    return name


class ParameterSpec(TaggedSpec):
    """A parameter."""

    name: Annotated[str, Field(pattern=r"^[\w./-]+$", max_length=1011), AfterValidator(_named)] = Field(
        description="The name, with all its levels, such as `/app/url`; unset: metadata.name."
    )
    type: Annotated[Literal["String", "StringList"], BeforeValidator(_plain)] = Field(
        default="String",
        description="What the value is: one text, or several with commas between. SecureString is refused: the values of "
        "secure strings do not belong in git. AWS cannot change the type.",
    )
    value: str = Field(min_length=1, description="The value, which everybody who reads git can read too.")
    description: str = Field(default="", max_length=1024, description="What it is for.")
    allowed_pattern: str = Field(
        default="", max_length=1024, description="A regular expression that AWS holds new values against; empty: none."
    )
    data_type: DataType = Field(default="text", description="What AWS holds new values against; `text`: nothing.")
    tier: Literal["Standard", "Advanced"] | None = Field(
        default=None,
        description="Advanced takes values up to 8 KB, costs, and cannot be taken back; unset: as the account's default "
        "has it (Intelligent-Tiering chooses between these two).",
    )


class Parameter(Kind[ParameterSpec]):
    """Parameter of the Systems Manager's Parameter Store; String and StringList. Secure strings are neither managed nor read.

    Parameter policies are left out: they delete the parameter on a date, which git would undo.
    https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html
    Observation: ceil(n / 50) calls + ceil(m / 10) for the values of the m that are trueup's, or are to be adopted or exported;
    + the tags, which all kinds share.
    """

    api = "ssm.aws/v1"
    doc = "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html"
    name_field = "name"
    replace_on = frozenset({"name", "type"})
    outputs: ClassVar[Mapping[str, str]] = {"arn": "The parameter's ARN.", "name": "Its name."}
    reads = ("ssm:DescribeParameters", "ssm:GetParameters", "ssm:ListTagsForResource", "tag:GetResources")
    writes = ("ssm:PutParameter", "ssm:DeleteParameter", "ssm:AddTagsToResource", "ssm:RemoveTagsFromResource")

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        spec = manifest.spec
        if isinstance(spec, ParameterSpec):
            size, limit = len(spec.value.encode()), SIZES[spec.tier or "Advanced"]
            if size > limit:
                yield manifest.problem("value", f"has {size:,} bytes; AWS takes {limit:,}")

    def observe(self, aws: Aws, wanted: Wanted[ParameterSpec]) -> Iterator[Observed[ParameterSpec]]:
        pages = aws.pages("ssm", "DescribeParameters", page_size=PAGE)
        plain = [found for page in pages for found in page["Parameters"] if found["Type"] != SECURE]
        names = {_arn(aws, found["Name"]): found["Name"] for found in plain}

        def read(arn: str) -> dict[str, str]:
            reply = aws.call("ssm", "ListTagsForResource", ResourceType="Parameter", ResourceId=names[arn])
            return to_map(reply["TagList"])

        tags = read_tags(aws, [Tagged(arn, name, name) for arn, name in names.items()], wanted, read)
        values = _values(aws, [n for arn, n in names.items() if is_ours(tags.get(arn), n, n, wanted)])
        for found in plain:
            arn = _arn(aws, found["Name"])
            yield translate(found, values.get(found["Name"]), arn, tags.get(arn))

    def create(self, aws: Aws, spec: ParameterSpec, tags: Mapping[str, str]) -> Made:
        aws.call("ssm", "PutParameter", **_put(spec), Tags=to_list(tags))
        return Made(spec.name, _outputs(_arn(aws, spec.name), spec.name))

    def update(self, aws: Aws, live: Observed[ParameterSpec], spec: ParameterSpec, changed: frozenset[str]) -> None:
        aws.call("ssm", "PutParameter", **_put(spec), Overwrite=True)

    def delete(self, aws: Aws, live: Observed[ParameterSpec]) -> None:
        aws.call("ssm", "DeleteParameter", Name=live.id)

    def retag(self, aws: Aws, live: Observed[ParameterSpec], put: Mapping[str, str], remove: frozenset[str]) -> None:
        which = {"ResourceType": "Parameter", "ResourceId": live.id}
        if put:
            aws.call("ssm", "AddTagsToResource", **which, Tags=to_list(put))
        if remove:
            aws.call("ssm", "RemoveTagsFromResource", **which, TagKeys=sorted(remove))


def _put(spec: ParameterSpec) -> dict[str, Any]:
    tier = {"Tier": spec.tier} if spec.tier else {}
    return {
        "Name": spec.name,
        "Type": spec.type,
        "Value": spec.value,
        "Description": spec.description,
        "AllowedPattern": spec.allowed_pattern,
        "DataType": spec.data_type,
        **tier,
    }


def _values(aws: Aws, names: list[str]) -> dict[str, str]:
    """Values by name; of secure strings none is ever asked for."""
    found: dict[str, str] = {}
    left = iter(sorted(names))
    while batch := list(islice(left, BATCH)):
        reply = aws.call("ssm", "GetParameters", Names=batch)
        found |= {parameter["Name"]: parameter["Value"] for parameter in reply["Parameters"]}
    return found


def _arn(aws: Aws, name: str) -> str:
    return f"arn:{aws.partition}:ssm:{aws.region}:{aws.account}:parameter/{name.removeprefix('/')}"


def translate(
    found: Mapping[str, Any], value: str | None, arn: str, tags: Mapping[str, str] | None
) -> Observed[ParameterSpec]:
    """The parameter of a DescribeParameters reply. A value that was not asked for is unknown."""
    known: dict[str, Any] = {
        "name": found["Name"],
        "type": found["Type"],
        "value": value,
        "description": found.get("Description", ""),
        "allowed_pattern": found.get("AllowedPattern", ""),
        "data_type": found.get("DataType", "text"),
        "tier": found.get("Tier"),
    }
    spec = ParameterSpec.model_construct(**known, tags={})
    return Observed(found["Name"], spec, tags, _outputs(arn, found["Name"]))


def _outputs(arn: str, name: str) -> dict[str, str]:
    return {"arn": arn, "name": name}
