"""What a layer is: the models of the declarative catalog (YAML), checked key by key."""

from __future__ import annotations

from datetime import date
from pathlib import PurePosixPath
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from layers.restraint import SMALL, Act, classification_fault, refused_acts

AdminLevel = Literal["ADM0", "ADM1", "ADM2", "ADM3"]
Sensitivity = Literal["low", "moderate", "high", "severe"]
Tier = Literal["public", "partner", "restricted"]
Direction = Literal["higher_is_worse", "higher_is_better", "neutral"]
Scheme = Literal["quantiles", "fisher_jenks", "equal_interval", "user_defined"]
Mark = Literal["fill", "symbol", "range"]
Kind = Literal["rate", "count", "index", "money", "range"]
Periodicity = Literal["survey", "annual", "part_year", "point_in_time", "claims"]
CarryMethod = Literal["exact_membership", "population", "area"]

TIERS: tuple[Tier, ...] = ("public", "partner", "restricted")
TIER_OF: dict[Sensitivity, Tier] = {
    "low": "public",
    "moderate": "public",
    "high": "partner",
    "severe": "restricted",
}

Identifier = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{1,63}$")]


class Strict(BaseModel):
    """Base of every catalog model: unknown keys are errors, values are frozen."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Text(Strict):
    """A text in the two languages that every view must have."""

    en: Annotated[str, Field(min_length=1)]
    ru: Annotated[str, Field(min_length=1)]

    def in_language(self, lang: str) -> str:
        """Return the text in `lang`; English for any language without a text of its own."""
        return self.ru if lang == "ru" else self.en


class Driver(Strict):
    """A driver theme: one group of the layer menu."""

    id: Identifier
    title: Text
    note: Text | None = None


class Unit(Strict):
    """The unit of measure of an indicator, as a sentence (`text`) and as a short sign (`sign`)."""

    text: Text
    sign: Text | None = None


class SourceBinding(Strict):
    """Which rows of which file hold the indicator's figures, read by which reader."""

    reader: Literal["csv", "intake"]
    file: str
    where: dict[str, str] = Field(default_factory=dict)
    multiply: float = Field(default=1.0, gt=0)

    @field_validator("file")
    @classmethod
    def _inside_package(cls, value: str) -> str:
        path = PurePosixPath(value)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError("file must be a path inside the package")
        return value

    @model_validator(mode="after")
    def _reader_fits(self) -> SourceBinding:
        if (self.reader == "intake") != self.file.startswith("intake/"):
            raise ValueError("reader intake goes with a file intake/<name>.yml, and reader csv with a table")
        return self


class Columns(Strict):
    """Names of the columns in the file; the defaults are the package's standard form."""

    iso3: str = "iso3"
    level: str = "level"
    place_code: str = "place_code"
    place_name: str = "place_name"
    period_start: str = "period_start"
    period_end: str = "period_end"
    sex: str = "sex"
    age: str = "age"
    value: str = "value"
    low: str = "low"
    high: str = "high"
    n: str = "n"
    qualifier: str = "qualifier"
    obs_status: str = "obs_status"
    missing_reason: str = "missing_reason"
    boundary_set: str = "boundary_set"
    source_id: str = "source_id"
    note_en: str = "note_en"
    note_ru: str = "note_ru"


class MissingRule(Strict):
    """What a unit without a row means, in the units of a country that has figures in the period."""

    reason: Literal["not_collected", "not_assessed", "not_applicable"] = "not_collected"


class ComparabilityBreak(Strict):
    """A date from which figures of a country do not compare with the earlier ones."""

    iso3: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    date: date
    note: Text


class Carry(Strict):
    """How the figures of a country's other boundary sets are carried to one set, by data/crosswalk.csv.

    A count needs nothing else. A rate is carried as its numerator and denominator, two counts of the catalog, and
    becomes `per` times their quotient (100 for a percentage); it is never split or averaged itself.
    """

    to: Annotated[str, Field(min_length=1)]
    method: CarryMethod
    numerator: Identifier | None = None
    denominator: Identifier | None = None
    per: float = Field(default=1.0, gt=0)

    @property
    def is_quotient(self) -> bool:
        """Whether numerator and denominator are carried in place of the figures themselves."""
        return self.numerator is not None and self.denominator is not None


class Display(Strict):
    """How the layer is drawn: mark, class scheme, number of classes, palette, decimals."""

    mark: Mark = "fill"
    scheme: Scheme = "quantiles"
    k: int = Field(default=5, ge=2, le=9)
    breaks: tuple[float, ...] | None = None
    palette: Literal["blues", "teals", "greys", "purple_orange"] = "blues"
    midpoint: float | None = None
    decimals: int = Field(default=1, ge=0, le=6)
    latest: bool = False
    level: AdminLevel = "ADM1"
    menu: bool = True

    @model_validator(mode="after")
    def _breaks_match_scheme(self) -> Display:
        if (self.scheme == "user_defined") != (self.breaks is not None):
            raise ValueError("scheme user_defined needs breaks, and only it takes them")
        if self.breaks is not None and list(self.breaks) != sorted(set(self.breaks)):
            raise ValueError("breaks must rise")
        return self


class IndicatorSpec(Strict):
    """One indicator: everything that menus, legend, hover, table, downloads and method page say."""

    id: Identifier
    title: Text
    menu_title: Text
    headline: Text
    driver: Identifier
    kind: Kind
    definition: Text
    definition_source: str
    unit: Unit
    value_range: tuple[float | None, float | None]
    direction: Direction
    levels: tuple[AdminLevel, ...] = Field(min_length=1)
    periodicity: Periodicity
    population: Text
    source: SourceBinding
    columns: Columns = Columns()
    missing: MissingRule = MissingRule()
    sensitivity: Sensitivity
    comparability: tuple[ComparabilityBreak, ...] = ()
    caveats: tuple[Text, ...] = ()
    context: tuple[Text, ...] = ()
    carry: Carry | None = None
    display: Display = Display()

    @model_validator(mode="after")
    def _can_be_carried(self) -> IndicatorSpec:
        if self.carry is None:
            return self
        named = self.carry.numerator is not None or self.carry.denominator is not None
        if self.kind == "count" and named:
            raise ValueError("a count is carried by itself: take numerator and denominator out of carry")
        if self.kind in ("rate", "money") and not self.carry.is_quotient:
            raise ValueError(
                f"a {self.kind} is carried only as numerator and denominator: name both counts in carry "
                "(a rate is never split or averaged by area or population)"
            )
        if self.kind in ("index", "range"):
            raise ValueError(f"an indicator of kind {self.kind} cannot be carried to other boundaries: remove carry")
        return self

    @model_validator(mode="after")
    def _consistent(self) -> IndicatorSpec:
        low, high = self.value_range
        if low is not None and high is not None and low >= high:
            raise ValueError("value_range must be [low, high] with low < high")
        if self.display.level not in self.levels:
            raise ValueError(f"display.level {self.display.level} is not one of levels")
        if (self.kind == "range") != (self.display.mark == "range"):
            raise ValueError("kind range and display.mark range go together")
        if self.kind == "count" and self.display.mark == "fill":
            raise ValueError("a count is drawn with mark symbol, never as a fill")
        return self

    @model_validator(mode="after")
    def _is_classified(self) -> IndicatorSpec:
        words = " ".join((self.id, self.title.en, self.title.ru))
        fault = classification_fault(
            words, self.kind, self.levels, self.periodicity, self.sensitivity, self.display.palette
        )
        if fault:
            raise ValueError(fault)
        return self

    @property
    def tier(self) -> Tier:
        """The lowest tier that may hold the indicator."""
        return TIER_OF[self.sensitivity]

    @property
    def threshold(self) -> int | None:
        """Counts of people below it are withheld; None where nothing but the source decides what is withheld."""
        rule = getattr(self, "disclosure", None)
        declared = getattr(rule, "k", None)
        return declared or (SMALL if self.sensitivity in ("high", "severe") else None)

    def allows(self, act: Act) -> bool:
        """Whether something may be done with the figures, such as ranking places by them (layers/restraint.py)."""
        return act not in refused_acts(self.sensitivity, self.kind)


class DefaultView(Strict):
    """What opens when the address names nothing."""

    indicator: Identifier
    level: AdminLevel = "ADM1"
    period: str | None = None


class Projection(Strict):
    """The equal-area projection in which the map is drawn, as a PROJ string, and its drawing grid."""

    proj: Annotated[str, Field(pattern=r"\+proj=(laea|aea|cea|eqearth|moll)\b")]
    width: int = Field(default=4800, ge=400, le=20000)
    tolerance_m: float = Field(default=2000.0, gt=0)


class Approval(Strict):
    """An approval of a release: in which role it was given, by which office (never a person), and when."""

    role: Identifier
    name_of_office: Text
    date: date


class Governance(Strict):
    """Who answers for a dataset, what it is for, until when it may be kept, and who approved its release.

    Above the public tier a dataset with indicators of high or severe sensitivity needs a retention date and approvals
    of two distinct roles. On the day after `retention_until` (UTC) it is served no more.
    """

    owner: Text
    host: Text
    funder: Text
    contact: Text
    complaints: Text
    purpose: Text
    retention_until: date | None = None
    approvals: tuple[Approval, ...] = ()

    @property
    def approving_roles(self) -> tuple[str, ...]:
        """The distinct roles that approved."""
        return tuple(sorted({approval.role for approval in self.approvals}))


class Dataset(Strict):
    """A package's catalog/dataset.yml: title, region, disclaimer, projection, the opening view, who answers for it."""

    id: Identifier
    title: Text
    region: Text
    description: Text
    disclaimer: Text
    un_cleared: bool = False
    synthetic: bool = False
    projection: Projection
    default_view: DefaultView
    caveats: tuple[Text, ...] = ()
    governance: Governance | None = None


class Catalog(Strict):
    """The whole catalog of a dataset, as a snapshot publishes it (catalog.json)."""

    dataset: Dataset
    drivers: tuple[Driver, ...]
    indicators: tuple[IndicatorSpec, ...]

    @model_validator(mode="after")
    def _references_exist(self) -> Catalog:
        drivers = [driver.id for driver in self.drivers]
        ids = [spec.id for spec in self.indicators]
        for name, values in (("driver", drivers), ("indicator", ids)):
            doubled = sorted({value for value in values if values.count(value) > 1})
            if doubled:
                raise ValueError(f"{name} ids occur twice: {', '.join(doubled)}")
        unknown = sorted({s.driver for s in self.indicators} - set(drivers))
        if unknown:
            raise ValueError(f"indicators name unknown drivers: {', '.join(unknown)}")
        return self

    def indicator(self, indicator_id: str) -> IndicatorSpec | None:
        """Return the indicator of that id, or None."""
        return next((s for s in self.indicators if s.id == indicator_id), None)
