"""Prefix lists: CIDR blocks under one name, for the rules of security groups and the routes of route tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field, model_validator

from controller.aws.client import Aws
from controller.kinds.ec2.api import Ec2Kind, describe, tags_of
from controller.model.cidr import Cidr
from controller.model.observed import Made, Observed, Wanted
from controller.model.plan import Verb
from controller.model.spec import Part, TaggedSpec

PAGE = 100
"""The largest page of both calls, and the most entries that one call adds or takes out."""
GONE = ("delete-in-progress", "delete-complete")


class Entry(Part):
    """A block in a prefix list."""

    key_fields = ("cidr",)

    cidr: Cidr = Field(min_length=1, description="The block, of the list's address family.")
    description: str = Field(default="", max_length=255, description="What it is.")


def _as_set(entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    by_cidr = {entry.cidr: entry for entry in entries}
    for entry in entries:
        if by_cidr[entry.cidr] != entry:
            raise ValueError(f"{entry.cidr} is given twice, with different descriptions; AWS takes it once")
    return tuple(by_cidr[cidr] for cidr in sorted(by_cidr))


def _free(name: str) -> str:
    if name.startswith("com.amazonaws"):
        raise ValueError(f"{name!r} begins with com.amazonaws, which AWS keeps for its own lists")
    return name


class PrefixListSpec(TaggedSpec):
    """A prefix list of one's own (customer-managed)."""

    prefix_list_name: Annotated[str, AfterValidator(_free)] = Field(
        min_length=1, max_length=255, description="Its name, which need not be unique."
    )
    address_family: Literal["IPv4", "IPv6"] = Field(default="IPv4", description="Which blocks it holds.")
    max_entries: int = Field(
        ge=1,
        le=1000,
        description="How many blocks it has room for. It counts as that many rules and routes wherever it is used.",
    )
    entries: Annotated[tuple[Entry, ...], AfterValidator(_as_set)] = Field(
        default=(), description="Its blocks. Any other is taken out."
    )

    @model_validator(mode="after")
    def _fits(self) -> PrefixListSpec:
        if len(self.entries) > self.max_entries:
            raise ValueError(f"has {len(self.entries)} entries, and room for {self.max_entries} (maxEntries)")
        for entry in self.entries:
            if (":" in entry.cidr) != (self.address_family == "IPv6"):
                raise ValueError(f"{entry.cidr} is not {self.address_family}, as the list's addressFamily says")
        return self


class PrefixList(Ec2Kind[PrefixListSpec]):
    """Prefix list.

    https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateManagedPrefixList.html
    Observation: ceil(n / 100) calls + ceil(entries / 100) for each list that is trueup's, or is to be adopted or exported.
    """

    doc = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateManagedPrefixList.html"
    resource_type = "prefix-list"
    replace_on = frozenset({"addressFamily"})
    outputs: ClassVar[Mapping[str, str]] = {"id": "The list's id.", "arn": "Its ARN."}
    reads = ("ec2:DescribeManagedPrefixLists", "ec2:GetManagedPrefixListEntries")
    writes = (
        "ec2:CreateManagedPrefixList",
        "ec2:ModifyManagedPrefixList",
        "ec2:DeleteManagedPrefixList",
        "ec2:GetManagedPrefixListAssociations",
        "ec2:CreateTags",
        "ec2:DeleteTags",
    )

    def tell(self, verb: Verb, before: PrefixListSpec | None, after: PrefixListSpec | None) -> Iterator[str]:
        old, new = _by_cidr(before), _by_cidr(after)
        yield from (f"adds {_shown(new[cidr])}" for cidr in sorted(new.keys() - old.keys()))
        yield from (f"takes out {_shown(old[cidr])}" for cidr in sorted(old.keys() - new.keys()))
        for cidr in sorted(cidr for cidr in new.keys() & old.keys() if new[cidr] != old[cidr]):
            if verb is Verb.UPDATE:
                yield f"takes {cidr} out for a moment, since AWS cannot change its description in place"

    def observe(self, aws: Aws, wanted: Wanted[PrefixListSpec]) -> Iterator[Observed[PrefixListSpec]]:
        for found in describe(aws, "ManagedPrefixLists", "PrefixLists", page_size=PAGE, owner_id=aws.account):
            if found["State"] not in GONE:
                ours = found["PrefixListId"] in wanted.ids or "trueup:owner" in tags_of(found)
                yield translate(found, _entries(aws, found) if ours or wanted.everything else None)

    def create(self, aws: Aws, spec: PrefixListSpec, tags: Mapping[str, str]) -> Made:
        found = aws.call(
            "ec2",
            "CreateManagedPrefixList",
            PrefixListName=spec.prefix_list_name,
            AddressFamily=spec.address_family,
            MaxEntries=spec.max_entries,
            Entries=[_sent(entry) for entry in spec.entries[:PAGE]],  # the rest comes with a later pass
            TagSpecifications=self.tagged(tags),
        )["PrefixList"]
        made = translate(found, None)
        return Made(made.id, made.outputs, made.pending)

    def update(self, aws: Aws, live: Observed[PrefixListSpec], spec: PrefixListSpec, changed: frozenset[str]) -> None:
        """AWS takes one change at a time, and may be at it for a while: it then says that it is busy, and a later pass goes on."""

        def modify(**change: Any) -> None:
            aws.call("ec2", "ModifyManagedPrefixList", PrefixListId=live.id, **change)

        room = {"MaxEntries": spec.max_entries} if "maxEntries" in changed else {}
        if "prefixListName" in changed:
            modify(PrefixListName=spec.prefix_list_name)
        if room and spec.max_entries > live.spec.max_entries:
            modify(**room)
        if "entries" in changed:
            _put(aws, live, spec)
        if room and spec.max_entries < live.spec.max_entries:
            modify(**room)

    def delete(self, aws: Aws, live: Observed[PrefixListSpec]) -> None:
        aws.call("ec2", "DeleteManagedPrefixList", PrefixListId=live.id)

    def holders(self, aws: Aws, live: Observed[PrefixListSpec]) -> str:
        reply = aws.call("ec2", "GetManagedPrefixListAssociations", PrefixListId=live.id)
        return ", ".join(found["ResourceId"] for found in reply["PrefixListAssociations"])


def _by_cidr(spec: PrefixListSpec | None) -> dict[str, Entry]:
    return {entry.cidr: entry for entry in (spec.entries if spec else None) or ()}


def _shown(entry: Entry) -> str:
    return f"{entry.cidr} ({entry.description})" if entry.description else entry.cidr


def _put(aws: Aws, live: Observed[PrefixListSpec], spec: PrefixListSpec) -> None:
    """Bring the entries from `live` to `spec`. A block whose description changes must go before it can come again: AWS takes
    none in one call that is both added and taken out."""
    old, new = _by_cidr(live.spec), _by_cidr(spec)
    anew = [cidr for cidr in old if cidr in new and old[cidr] != new[cidr]]
    removed = [cidr for cidr in old if cidr not in new]
    added = [cidr for cidr in new if cidr not in old]
    steps: list[tuple[list[str], list[str]]] = [([], taken) for taken in _chunks(anew)] + list(
        zip_longest(_chunks(added + anew), _chunks(removed), fillvalue=[])
    )
    version = live.detail
    for adds, removes in steps:
        change: dict[str, Any] = {}
        if adds:
            change["AddEntries"] = [_sent(new[cidr]) for cidr in adds]
        if removes:
            change["RemoveEntries"] = [{"Cidr": cidr} for cidr in removes]
        reply = aws.call("ec2", "ModifyManagedPrefixList", PrefixListId=live.id, CurrentVersion=version, **change)
        version = reply["PrefixList"]["Version"]


def _chunks(cidrs: list[str]) -> list[list[str]]:
    return [cidrs[start : start + PAGE] for start in range(0, len(cidrs), PAGE)]


def _sent(entry: Entry) -> dict[str, str]:
    return {"Cidr": entry.cidr, **({"Description": entry.description} if entry.description else {})}


def _entries(aws: Aws, found: Mapping[str, Any]) -> tuple[Entry, ...] | None:
    """A list's blocks; None where AWS is still making it, or fills it itself."""
    if found["State"] in ("create-in-progress", "create-failed") or found.get("IpamPrefixListResolverSyncEnabled"):
        return None
    pages = aws.pages("ec2", "GetManagedPrefixListEntries", page_size=PAGE, PrefixListId=found["PrefixListId"])
    blocks = (block for page in pages for block in page["Entries"])
    return _as_set(tuple(Entry(cidr=block["Cidr"], description=block.get("Description", "")) for block in blocks))


def translate(found: Mapping[str, Any], entries: tuple[Entry, ...] | None) -> Observed[PrefixListSpec]:
    """The list of a DescribeManagedPrefixLists reply. Entries that were not asked for are unknown."""
    known: dict[str, Any] = {"entries": entries}
    spec = PrefixListSpec.model_construct(
        prefix_list_name=found["PrefixListName"],
        address_family=found["AddressFamily"],
        max_entries=found["MaxEntries"],
        tags={},
        **known,
    )
    outputs = {"id": found["PrefixListId"], "arn": found["PrefixListArn"]}
    what, _, how = str(found["State"]).partition("-")
    pending = f"AWS is still at it ({found['State']})" if how == "in-progress" else ""
    trouble = (found.get("StateMessage") or "AWS does not say why") if how == "failed" else ""
    if what != "create" and trouble:  # it still holds what it held
        pending, trouble = f"{what} failed: {trouble}", ""
    return Observed(outputs["id"], spec, tags_of(found), outputs, pending, failed=trouble, detail=found["Version"])
