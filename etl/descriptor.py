"""The model of datapackage.json: the part of the Frictionless standards that this project reads."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

FieldType = Literal["string", "number", "integer", "boolean", "date", "any"]


class _Open(BaseModel):
    """Base of descriptor models: the standards allow further properties, so unknown keys are kept out of use."""

    model_config = ConfigDict(frozen=True, populate_by_name=True, protected_namespaces=())


class Constraints(BaseModel):
    """Constraints of a field; an unknown constraint is an error, because it would not be checked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    required: bool = False
    unique: bool = False
    enum: tuple[str | float | bool, ...] | None = None
    pattern: str | None = None
    minimum: float | str | None = None
    maximum: float | str | None = None
    minLength: int | None = None  # noqa: N815 (the standard's name)
    maxLength: int | None = None  # noqa: N815


class TableField(_Open):
    """One column of a described table."""

    name: Annotated[str, Field(min_length=1)]
    type: FieldType = "string"
    constraints: Constraints = Constraints()


class Reference(_Open):
    """The target of a foreign key; an empty resource is the table itself."""

    resource: str = ""
    fields: tuple[str, ...]

    @field_validator("fields", mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class ForeignKey(_Open):
    """A foreign key of a described table."""

    fields: tuple[str, ...]
    reference: Reference

    @field_validator("fields", mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value


class TableSchema(_Open):
    """The described columns and keys of a table."""

    fields: tuple[TableField, ...] = Field(min_length=1)
    primaryKey: tuple[str, ...] = ()  # noqa: N815
    foreignKeys: tuple[ForeignKey, ...] = ()  # noqa: N815
    missingValues: tuple[str, ...] = ("",)  # noqa: N815

    @field_validator("primaryKey", mode="before")
    @classmethod
    def _as_list(cls, value: Any) -> Any:
        return [value] if isinstance(value, str) else value

    @field_validator("missingValues")
    @classmethod
    def _only_the_empty_cell(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if value != ("",):
            raise ValueError('missingValues must be [""]: only an empty cell is missing')
        return value

    @model_validator(mode="after")
    def _keys_are_fields(self) -> TableSchema:
        names = [field.name for field in self.fields]
        used = [*self.primaryKey, *(name for key in self.foreignKeys for name in key.fields)]
        unknown = sorted(set(used) - set(names))
        if unknown:
            raise ValueError(f"keys name fields that are not described: {', '.join(unknown)}")
        if len(set(names)) < len(names):
            raise ValueError("two fields have the same name")
        return self


class Resource(_Open):
    """One described file."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    path: str
    encoding: str = "utf-8"
    table: TableSchema | None = Field(default=None, alias="schema")

    @field_validator("path")
    @classmethod
    def _inside_package(cls, value: str) -> str:
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts or ":" in value or "\\" in value:
            raise ValueError("path must lie inside the package, with forward slashes")
        return path.as_posix()

    @field_validator("encoding")
    @classmethod
    def _utf8(cls, value: str) -> str:
        if value.lower().replace("_", "-") not in ("utf-8", "utf8"):
            raise ValueError("encoding must be utf-8")
        return "utf-8"

    @model_validator(mode="after")
    def _tables_are_described(self) -> Resource:
        if self.path.endswith(".csv") and not self.path.startswith("raw/") and self.table is None:
            raise ValueError("a CSV resource needs a schema")
        return self


class Descriptor(_Open):
    """A datapackage.json."""

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    title: Annotated[str, Field(min_length=1)]
    version: Annotated[str, Field(min_length=1)]
    licenses: tuple[dict[str, Any], ...] = Field(min_length=1)
    sources: tuple[dict[str, Any], ...] = Field(min_length=1)
    contributors: tuple[dict[str, Any], ...] = ()
    resources: tuple[Resource, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _resources_differ(self) -> Descriptor:
        for what in ("name", "path"):
            values = [getattr(resource, what) for resource in self.resources]
            doubled = sorted({value for value in values if values.count(value) > 1})
            if doubled:
                raise ValueError(f"two resources have the same {what}: {', '.join(doubled)}")
        return self
