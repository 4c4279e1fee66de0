"""Stand-in kinds and short ways to write a commit, for the tests of the manifest layer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha1
from typing import Annotated, Any, Literal

from pydantic import Field, field_validator

from controller.manifest.load import Loader
from controller.model.address import Address
from controller.model.commit import Blob, Tree
from controller.model.manifest import Loaded, Manifest, View
from controller.model.problem import Position, Problem, Severity
from controller.model.reference import Ref
from controller.model.scope import Deletion, Scope
from controller.model.spec import Part, Spec, TaggedSpec

PolicyRef = Annotated[str, Ref("iam/Policy", output="arn", literal=r"arn:[\w-]+:iam::(\d{12}|aws):policy/.+")]
QueueRef = Annotated[str, Ref("sqs/Queue", "iam/Policy", output="arn", literal=r"arn:[\w-]+:sqs:.+")]


class RoleSpec(TaggedSpec):
    """Like an IAM role."""

    role_name: str = Field(pattern=r"^[\w+=,.@-]{1,64}$", description="The name. Unique in an account.")
    trust: dict[str, object] = Field(description="Who may assume it. An IAM policy document.")
    managed_policies: tuple[PolicyRef, ...] = Field(default=(), description="Policies.")
    inline_policies: dict[str, dict[str, object]] = Field(default={}, description="Policies of its own.")
    max_session_duration: int = Field(default=3600, ge=3600, le=43200, description="Seconds.")
    description: str | None = Field(default=None, max_length=20, description="What it is for.")
    path: str = Field(default="/", description="The path.")
    external_password: str | None = Field(default=None, json_schema_extra={"secret": True})
    external_number: int = Field(default=0, json_schema_extra={"secret": True})

    @field_validator("path")
    @classmethod
    def _path(cls, path: str) -> str:
        if not path.endswith("/"):
            raise ValueError(f"{path!r} does not end in /")
        return path

    @field_validator("external_password")
    @classmethod
    def _password(cls, password: str | None) -> str | None:
        if password == "weak":
            raise ValueError(f"{password} is too weak")
        return password


class PolicySpec(Spec):
    """Like an IAM policy."""

    policy_name: str
    document: dict[str, object] = Field(default={})


class Rule(Part):
    protocol: Literal["tcp", "udp"]
    port: int
    source: str | list[str] = "any"


class QueueSpec(Spec):
    """Like a queue or a security group: AWS makes up its id."""

    rules: tuple[Rule, ...] = ()
    dead_letters: QueueRef = ""
    delay: int = 0


class Kind:
    """What the manifest layer uses of a kind."""

    def __init__(
        self,
        kind: str,
        spec: type[Spec],
        name_field: str = "",
        outputs: tuple[str, ...] = ("arn",),
        reach: str = "account",
        made: bool = True,
    ) -> None:
        self.id = kind
        self.spec = spec
        self.name_field = name_field
        self.outputs: Mapping[str, str] = dict.fromkeys(outputs, "an output")
        self.reach = reach
        self.made = made
        self.claimed_by: tuple[str, ...] = ("policyName",) if kind == "sns/Topic" else ()
        self.deletion = Deletion.RETAIN if kind == "msk/Topic" else Deletion.DELETE
        self.checked = 0

    def claim(self, spec: Any) -> str:
        return str(spec.model_dump(by_alias=True)[self.name_field]).lower() if self.name_field else ""

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        self.checked += 1
        if "doubtful" in manifest.data:
            raise AssertionError("an invalid spec was checked")
        if "Doubt" in manifest.data.get("document", {}):
            severity = Severity.ERROR if scope.spec.policy_lint == "error" else Severity.WARNING
            yield Problem(manifest.position("document.Doubt"), "doubtful", "spec.document", severity=severity)

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        """Documents may not be the same, as subnets' ranges may not overlap."""
        for one in mine:
            alike = [other.address.name for other in view.of(self.id) if other.data == {**one.data, **_names(other)}]
            if len(alike) > 1 and "Same" in one.data.get("document", {}):
                severity = Severity.ERROR if view.scope.spec.policy_lint == "error" else Severity.WARNING
                where = one.position("document.Same")
                yield one, Problem(where, f"the same as {', '.join(sorted(alike))}", "spec.document", severity=severity)


def _names(manifest: Manifest) -> dict[str, Any]:
    return {key: value for key, value in manifest.data.items() if key.endswith("Name")}


def kinds() -> dict[str, Kind]:
    """A registry of stand-ins; two services have a Topic."""
    every = (
        Kind("iam/Role", RoleSpec, "roleName", ("arn", "name")),
        Kind("iam/Policy", PolicySpec, "policyName"),
        Kind("sqs/Queue", QueueSpec, outputs=("arn", "url"), reach="region"),
        Kind("sns/Topic", PolicySpec, "policyName", (), reach="region"),
        Kind("msk/Topic", QueueSpec),
    )
    return {kind.id: kind for kind in every}


SCOPE = """\
apiVersion: trueup/v1
kind: Scope
metadata: {name: prod}
spec:
  account: "123456789012"
  region: eu-central-1
  variables: {env: prod, hours: 2, seconds: 7200, strict: true}
"""


def scope(name: str, account: str = "123456789012", more: str = "", region: str = "eu-central-1") -> str:
    """A scope file."""
    return (
        f"apiVersion: trueup/v1\nkind: Scope\nmetadata: {{name: {name}}}\n"
        f'spec:\n  account: "{account}"\n  region: {region}\n{more}'
    )


def role(name: str, more: str = "", top: str = "") -> str:
    """A role's manifest: its spec begins in line 4, `more` in line 6 (indented by two)."""
    return f"apiVersion: iam.aws/v1\nkind: Role\nmetadata: {{name: {name}}}\nspec:\n  trust: {{}}\n{more}{top}"


def policy(name: str, more: str = "", top: str = "") -> str:
    """A policy's manifest: `more` is in line 5."""
    return f"apiVersion: iam.aws/v1\nkind: Policy\nmetadata: {{name: {name}}}\nspec:\n  document: {{}}\n{more}{top}"


def queue(name: str, more: str = "  delay: 1\n", top: str = "") -> str:
    """A queue's manifest: `more` is in line 5."""
    return f"apiVersion: sqs.aws/v1\nkind: Queue\nmetadata: {{name: {name}}}\nspec:\n{more}{top}"


def tree(files: Mapping[str, str], *problems: Problem, root: str = "") -> Tree:
    """A commit of these files."""
    blobs = (Blob(path, sha1(text.encode()).hexdigest(), text.encode()) for path, text in sorted(files.items()))
    return Tree(None, root, tuple(blobs), problems)


def load(files: Mapping[str, str], *problems: Problem, root: str = "") -> Loaded:
    """A commit of these files, loaded for the first time."""
    return Loader(kinds()).load(tree(files, *problems, root=root))


def load_in_scope(**files: str) -> Loaded:
    """As `load`, beside a `scope.yaml` with the scope prod; the key `a` is the file `a.yaml`."""
    return load({"scope.yaml": SCOPE, **{f"{name}.yaml": text for name, text in files.items()}})


def messages(loaded: Loaded) -> list[str]:
    """Every problem, as a person reads it."""
    return [str(problem) for problem in loaded.problems]


def names(loaded: Loaded) -> set[str]:
    """The addresses of all manifests."""
    return {str(address) for desired in loaded.scopes.values() for address in desired.manifests}


def manifest(loaded: Loaded, address: str) -> Manifest:
    """One manifest, by its address as text."""
    found = Address.parse(address)
    return loaded.scopes[found.scope].manifests[found]


def at(file: str, line: int = 0, column: int = 0) -> Position:
    return Position(file, line, column)
