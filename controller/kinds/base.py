"""The contract of a kind: everything that trueup knows about one type of AWS resource.

A kind is a module with a Spec and a Kind. It reads (`observe`) and writes (`create`, `update`, `delete`, `retag`); what to do,
when, in which order and whether at all is `reconcile`'s business, which knows no kind by name.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, Generic, Literal, TypeVar, get_args

from controller.errors import AwsError
from controller.model.fact import Fact
from controller.model.manifest import Manifest, View
from controller.model.observed import Made, Observed, Step, Wanted
from controller.model.plan import Verb
from controller.model.problem import Problem
from controller.model.scope import Deletion, Scope
from controller.model.spec import Spec

if TYPE_CHECKING:
    from controller.aws.client import Aws

S = TypeVar("S", bound=Spec)
Told = Mapping[int, Made | AwsError | None]
"""What has become of steps, by their places: what was made, or become of it, as `create` and `update` return it; or the error."""


class Kind(ABC, Generic[S]):
    """One kind of AWS resource. The subclass's name is CloudFormation's name for the type; its docstring begins with what
    it is, links AWS's API reference, and gives the formula of its observation's calls.

    Rules for authors:
    - every method may be called again after any of its calls: create what is missing, never assume a clean start;
    - none waits for AWS: what takes time is reported as `pending`;
    - AWS's own resources (service-linked, AWS-managed) are not yielded by `observe`;
    - raise nothing but what `Aws` raises.
    """

    api: ClassVar[str]
    """`<service>.aws/v1`."""
    doc: ClassVar[str]
    """Where AWS documents the type's calls."""
    spec: ClassVar[type[Spec]]
    """Set from the type argument: `class Role(Kind[RoleSpec])`."""
    name_field: ClassVar[str] = ""
    """The Spec's field (camelCase) that holds the live name and defaults to `metadata.name`; "" where AWS makes up an id."""
    claimed_by: ClassVar[tuple[str, ...]] = ()
    """The fields (camelCase) that a claim is made of, where it is not a name: two of a kind that clash are told there."""
    sole: ClassVar[bool] = False
    """Whether, without such a name, AWS still never makes a second one for the same claim, and asking for one does no harm. Then
    what AWS does not show is made again, however new it is."""
    replace_on: ClassVar[frozenset[str]] = frozenset()
    """Fields (camelCase) that AWS cannot change in place."""
    hands_over: ClassVar[frozenset[str]] = frozenset()
    """Fields (camelCase) whose values only one resource of the kind can have (a route table's subnets): who is to have one gets it
    before who had it lets go, so that it is never without."""
    together: ClassVar[bool] = False
    """Whether several changes are carried out in one call: then `change` is handed all that can be made now."""
    outputs: ClassVar[Mapping[str, str]] = {}
    """What other resources may refer to: name to description."""
    facts: ClassVar[tuple[Fact, ...]] = ()
    """What `observe` may tell for people to watch over time: a metric each."""
    reach: ClassVar[Literal["account", "region", "parent"]] = "region"
    """Whether a live name is taken in the account as a whole (IAM, Route 53), in one region, or only in another resource
    that the spec names (a group in its VPC)."""
    deletion: ClassVar[Deletion] = Deletion.DELETE
    """What becomes of it when git no longer names it and its manifest said nothing about that."""
    exported: ClassVar[bool] = True
    """Whether an export writes manifests of it; False where those of another kind hold it."""
    made: ClassVar[bool] = True
    """Whether trueup makes it; False for what is only looked at (see Lookup)."""
    taggable: ClassVar[bool] = True
    """Whether AWS lets us tag it. If not, it is owned through the inventory."""
    reads: ClassVar[tuple[str, ...]] = ()
    """IAM actions that `observe` needs."""
    writes: ClassVar[tuple[str, ...]] = ()
    """IAM actions that the other methods need."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in getattr(cls, "__orig_bases__", ()):
            (argument, *_) = get_args(base) or (None,)
            if isinstance(argument, type) and issubclass(argument, Spec):
                cls.spec = argument

    @property
    def id(self) -> str:
        """`iam/Role`."""
        return f"{self.service}/{type(self).__name__}"

    @property
    def service(self) -> str:
        """`iam`."""
        return self.api.partition(".aws/")[0]

    def claim(self, spec: S) -> str:
        """The live name that a spec asks for, as AWS compares names; "" where AWS makes up an id."""
        return str(getattr(spec, _python_name(self.spec, self.name_field))) if self.name_field else ""

    def check(self, manifest: Manifest, scope: Scope) -> Iterator[Problem]:
        """What is wrong or doubtful about a valid spec, found without asking AWS. By default nothing."""
        yield from ()

    def check_together(self, mine: Sequence[Manifest], view: View) -> Iterator[tuple[Manifest, Problem]]:
        """What is wrong or doubtful about a scope's manifests of this kind beside each other and beside what they refer to.

        Each problem with the manifest that must be left out for it. By default nothing.
        """
        yield from ()

    def tell(self, verb: Verb, before: S | None, after: S | None) -> Iterator[str]:
        """What an action means for those who use the resource, in their words: "opens 22/tcp to 0.0.0.0/0".

        The specs have names in place of ids where there are names. `before` is None for a create, `after` for a delete.
        """
        yield from ()

    @abstractmethod
    def observe(self, aws: Aws, wanted: Wanted[S]) -> Iterator[Observed[S]]:
        """All live resources of the kind, in as few calls as AWS's page sizes allow."""

    @abstractmethod
    def create(self, aws: Aws, spec: S, tags: Mapping[str, str]) -> Made:
        """Make it, with its tags in the call itself. Raises AlreadyExists where the name is taken."""

    @abstractmethod
    def update(self, aws: Aws, live: Observed[S], spec: S, changed: frozenset[str]) -> Made | None:
        """Bring the fields named in `changed` (camelCase, top level, never `tags`) from `live` to `spec`.

        `live` has its tags as they are to be. The result says what has become of it, where its id or its outputs are others now
        (see `renewed`), or AWS is still at it.
        """

    @abstractmethod
    def delete(self, aws: Aws, live: Observed[S]) -> None:
        """Empty and delete it. What is gone already is no error."""

    def change(self, aws: Aws, steps: Sequence[Step[S]]) -> Iterator[Told]:
        """Take steps, more than one only where the kind is `together`, and tell after each call what has become of which.

        What was told is on record before the next call is made. What is raised is said of all steps that nothing was told of,
        and must be as true of them as if each had been taken alone.
        """
        (step,) = steps
        if step.spec is None:
            assert step.live is not None  # noqa: S101 - a step is to make something or to take something away
            self.delete(aws, step.live)
            yield {0: None}
        elif step.live is None:
            yield {0: self.create(aws, step.spec, step.tags)}
        else:
            yield {0: self.update(aws, step.live, step.spec, step.changed)}

    def foreseen(self, spec: S) -> Mapping[str, str]:
        """The outputs that are known before a spec is applied, for those who refer to it and are changed together with it."""
        return {}

    def slot(self, spec: S) -> str:
        """The place that must not be empty while one resource makes room for another in it (a name in a zone), of a kind that is
        `together`: who leaves it goes along with who is to have it. "" for none."""
        return ""

    def same_slot(self, spec: S, live: S) -> bool:
        """Whether AWS has room for only one of the two, so that a replacement must delete the old one first."""
        return bool(self.claim(spec)) and self.claim(spec) == self.claim(live)

    def caution(self, live: Observed[S], spec: S) -> str:
        """Why a change must be held until a person has agreed to it (in the spec, by a commit), and how to; "" when it need not."""
        return ""

    def renewed(self, changed: frozenset[str]) -> frozenset[str]:
        """The outputs that become others when these fields are updated: they are not known before."""
        return frozenset()

    def holders(self, aws: Aws, live: Observed[S]) -> str:
        """What keeps AWS from letting go of a resource, by id, where it says that it is in use; "" for its own words."""
        return ""

    def retag(self, aws: Aws, live: Observed[S], put: Mapping[str, str], remove: frozenset[str]) -> None:
        """Put some tags on and take some off. Every kind that can be tagged says how."""
        raise NotImplementedError(f"{self.id} cannot be tagged")


class Lookup(Kind[S]):
    """A kind of which trueup makes nothing: what its manifests ask for is looked at, so that others can refer to it (the image
    that a tag means). It is never created, changed, deleted, tagged or owned, and is in nobody's way.

    `observe` answers for each manifest of `Wanted.view`: the observation's `id` is the manifest's name, `pending` says why there
    are no outputs (yet), `unread` why AWS would not tell. Only its own scope can refer to it.
    """

    made = False
    taggable = False
    exported = False

    def create(self, aws: Aws, spec: S, tags: Mapping[str, str]) -> Made:
        raise NotImplementedError(f"{self.id} is only looked at")

    def update(self, aws: Aws, live: Observed[S], spec: S, changed: frozenset[str]) -> Made | None:
        raise NotImplementedError(f"{self.id} is only looked at")

    def delete(self, aws: Aws, live: Observed[S]) -> None:
        raise NotImplementedError(f"{self.id} is only looked at")


def _python_name(spec: type[Spec], alias: str) -> str:
    return next(name for name, field in spec.model_fields.items() if field.alias == alias)
