"""Routing policies: how Route 53 chooses among records of one name and type.

https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field, model_validator

from controller.model.spec import Part


class Coordinates(Part):
    """A place on the globe."""

    latitude: str = Field(
        pattern=r"^-?\d{1,2}(\.\d{1,2})?$", description="Degrees north (-90 to 90), with up to two decimals."
    )
    longitude: str = Field(
        pattern=r"^-?\d{1,3}(\.\d{1,2})?$", description="Degrees east (-180 to 180), with up to two decimals."
    )


class GeoLocation(Part):
    """Where those ask from who get this answer."""

    continent_code: str = Field(
        default="", pattern=r"^([A-Z]{2})?$", description="A continent: AF, AN, AS, EU, NA, OC or SA."
    )
    country_code: str = Field(
        default="",
        pattern=r"^([A-Z]{2}|\*)?$",
        description="A country, such as `DE`; `*` for all who are nowhere else.",
    )
    subdivision_code: str = Field(
        default="", max_length=3, description="A state of the US or region of Ukraine, such as `CA`."
    )

    @model_validator(mode="after")
    def _one_place(self) -> GeoLocation:
        if bool(self.continent_code) == bool(self.country_code):
            raise ValueError("needs a continentCode or a countryCode, and not both")
        return self


class GeoProximityLocation(Part):
    """Where the answer is, so that those near it get it."""

    aws_region: str = Field(
        default="", alias="awsRegion", description="The AWS region where it is, such as `eu-central-1`."
    )
    local_zone_group: str = Field(default="", description="The AWS local zone group where it is.")
    coordinates: Coordinates | None = Field(default=None, description="Where it is, if that is not in AWS.")
    bias: int = Field(default=0, ge=-99, le=99, description="How far its reach is made larger or smaller.")

    @model_validator(mode="after")
    def _one_place(self) -> GeoProximityLocation:
        if sum(map(bool, (self.aws_region, self.local_zone_group, self.coordinates))) != 1:
            raise ValueError("needs one of awsRegion, localZoneGroup and coordinates")
        return self


class CidrRouting(Part):
    """The addresses of those who get this answer."""

    collection_id: str = Field(description="The CIDR collection's id.")
    location_name: str = Field(
        pattern=r"^([0-9A-Za-z_-]{1,16}|\*)$", description="Its location; `*` for all who are in none."
    )


class Routing(Part):
    """How Route 53 chooses among records of one name and type: by exactly one of these."""

    weight: int | None = Field(default=None, ge=0, le=255, description="Its share, against the weights of the others.")
    region: str | None = Field(
        default=None,
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$",
        description="Where it is: the nearest is chosen (latency).",
    )
    failover: str | None = Field(
        default=None,
        pattern="^(PRIMARY|SECONDARY)$",
        description="`PRIMARY`, or `SECONDARY` in its place.",
    )
    geo_location: GeoLocation | None = Field(default=None, description="Where those ask from who get this answer.")
    geo_proximity_location: GeoProximityLocation | None = Field(default=None, description="Where the answer is.")
    multi_value_answer: bool | None = Field(
        default=None, description="`true`: up to eight healthy ones are answered at random."
    )
    cidr: CidrRouting | None = Field(default=None, description="By the address of who asks (CidrRoutingConfig).")

    @property
    def policy(self) -> str:
        """The name of the one that is set."""
        return next(iter(self.model_dump(by_alias=True, exclude_none=True)))

    @model_validator(mode="after")
    def _one_policy(self) -> Routing:
        chosen = sorted(self.model_dump(by_alias=True, exclude_none=True))
        if len(chosen) != 1 or self.multi_value_answer is False:
            allowed = ", ".join(str(field.alias) for field in type(self).model_fields.values())
            raise ValueError(f"needs exactly one policy of {allowed}; found {', '.join(chosen) or 'none'}")
        return self


def routing_to_aws(routing: Routing) -> dict[str, Any]:
    """The policy as a record set's field."""
    found = routing.model_dump(by_alias=True, exclude_none=True)
    (policy, value), *_ = found.items()
    if policy == "geoProximityLocation":
        place = {
            "awsRegion": "AWSRegion",
            "localZoneGroup": "LocalZoneGroup",
            "coordinates": "Coordinates",
            "bias": "Bias",
        }
        return {"GeoProximityLocation": {place[key]: _upper(each) for key, each in value.items() if each != ""}}
    if policy == "cidr":
        return {"CidrRoutingConfig": _upper(value)}
    return {
        _capital(policy): _upper({key: each for key, each in value.items() if each})
        if isinstance(value, dict)
        else value
    }


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _upper(value: Any) -> Any:
    return {_capital(key): each for key, each in value.items()} if isinstance(value, dict) else value


def routing_from_aws(found: Mapping[str, Any]) -> Routing | None:
    """The policy of a record set; None where it is the only one of its name and type."""
    simple = {"Weight": "weight", "Region": "region", "Failover": "failover"}
    given: dict[str, Any] = {ours: found[theirs] for theirs, ours in simple.items() if theirs in found}
    if found.get("MultiValueAnswer"):
        given["multi_value_answer"] = True
    if "GeoLocation" in found:
        given["geo_location"] = GeoLocation(**_lower(found["GeoLocation"]))
    if "GeoProximityLocation" in found:
        place = {**found["GeoProximityLocation"]}
        region = {"awsRegion": place.pop("AWSRegion")} if "AWSRegion" in place else {}
        given["geo_proximity_location"] = GeoProximityLocation.model_validate({**_lower(place, deep=True), **region})
    if "CidrRoutingConfig" in found:
        given["cidr"] = CidrRouting(**_lower(found["CidrRoutingConfig"]))
    return Routing(**given) if given else None


def _lower(value: Mapping[str, Any], *, deep: bool = False) -> dict[str, Any]:
    return {
        key[:1].lower() + key[1:]: _lower(each) if deep and isinstance(each, dict) else each
        for key, each in value.items()
    }
