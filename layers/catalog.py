"""What a layer is: the models of the declarative catalog (YAML), checked key by key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import PurePosixPath
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from layers.palette import DIVERGING, PaletteName
from layers.restraint import Act, classification_fault, refused_acts
from layers.words import texts_language

AdminLevel = Literal["ADM0", "ADM1", "ADM2", "ADM3"]
Sensitivity = Literal["low", "moderate", "high", "severe"]
Tier = Literal["public", "partner", "restricted"]
Direction = Literal["higher_is_worse", "higher_is_better", "neutral"]
Scheme = Literal["quantiles", "fisher_jenks", "equal_interval", "head_tail", "std_mean", "pretty", "user_defined"]
Mark = Literal["fill", "symbol", "range"]
Kind = Literal["rate", "count", "index", "money", "range", "category"]
Periodicity = Literal["survey", "annual", "part_year", "point_in_time", "claims"]
CarryMethod = Literal["exact_membership", "population", "area"]
FinestPeriod = Literal["month", "quarter", "year", "3_years", "5_years"]
LossOfInformation = Literal["cell", "value", "log"]

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
        """Return the text in `lang`, or in the language that readers of `lang` are shown instead."""
        return self.ru if texts_language(lang) == "ru" else self.en


class Synonyms(Strict):
    """Other words under which readers look for an indicator, by language: abbreviations, everyday words."""

    en: tuple[Annotated[str, Field(min_length=2, max_length=60)], ...] = ()
    ru: tuple[Annotated[str, Field(min_length=2, max_length=60)], ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        """The words of both languages."""
        return (*self.en, *self.ru)


class Driver(Strict):
    """A driver theme: one group of the layer menu."""

    id: Identifier
    title: Text
    note: Text | None = None


class Unit(Strict):
    """The unit of measure of an indicator, as a sentence (`text`) and as a short sign (`sign`)."""

    text: Text
    sign: Text | None = None


class Category(Strict):
    """One category of an indicator whose figures are codes: its code, its name, and how sources write it."""

    code: int = Field(ge=1, le=99)
    label: Text
    aliases: tuple[Annotated[str, Field(min_length=1)], ...] = ()

    @property
    def texts(self) -> tuple[str, ...]:
        """Everything that stands for the category in a table, besides its code."""
        return (self.label.en, self.label.ru, *self.aliases)


MOST_CATEGORIES = 9
CATEGORY_UNIT: dict[str, Any] = {"text": {"en": "category", "ru": "категория"}}
"""Unit of every indicator of kind ``category``: codes are no amounts."""


def category_word(text: str) -> str:
    """Return a text as names of categories are compared: without case and without blanks."""
    return "".join(text.split()).casefold()


def count_words(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """Return how often each name stands in several counts together, as first spelt, the most frequent first."""
    found: dict[str, int] = {}
    spelt: dict[str, str] = {}
    for one in counts:
        for text, count in one.items():
            name = spelt.setdefault(category_word(text), text)
            found[name] = found.get(name, 0) + count
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


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


class Rounding(Strict):
    """How published counts are rounded: to the nearest multiple of a base, or up or down by a keyed draw."""

    base: int = Field(ge=2, le=1000)
    method: Literal["nearest", "random"] = "nearest"


class Disclosure(Strict):
    """How small numbers of persons are kept from being read or worked out; see docs/reference/disclosure.md.

    What is left out follows from the sensitivity (`IndicatorSpec.protection`).
    """

    published: bool = False
    k: int | None = Field(default=None, ge=2, le=1000)
    zeros: Literal["banded", "shown"] | None = None
    width: float | None = Field(default=None, gt=0)
    sum_of: Identifier | None = None
    numerator: Identifier | None = None
    denominator: Identifier | None = None
    per: float = Field(default=1.0, gt=0)
    denominator_floor: float = Field(default=20_000, ge=0)
    finest_level: AdminLevel | None = None
    finest_period: FinestPeriod | None = None
    rounding: Rounding | None = None
    cost: LossOfInformation = "log"

    @property
    def declared(self) -> frozenset[str]:
        """The keys that say something other than the default."""
        return frozenset(self.model_dump(exclude_defaults=True))

    @model_validator(mode="after")
    def _published_stands_alone(self) -> Disclosure:
        if self.published and len(self.declared) > 1:
            raise ValueError("published: true stands alone: figures that their source has published are not withheld")
        return self


class Protection(Strict):
    """The rules of `Disclosure` with every default filled in."""

    k: int
    zeros: Literal["banded", "shown"]
    width: float
    sum_of: Identifier | None
    numerator: Identifier | None
    denominator: Identifier | None
    per: float
    denominator_floor: float
    finest_level: AdminLevel | None
    finest_period: FinestPeriod | None
    cost: LossOfInformation


class Display(Strict):
    """How the layer is drawn: mark, class scheme, number of classes, palette, decimals."""

    mark: Mark = "fill"
    scheme: Scheme = "quantiles"
    k: int = Field(default=5, ge=2, le=9)
    breaks: tuple[float, ...] | None = None
    palette: PaletteName = "blues"
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


def _codes_fault(categories: tuple[Category, ...]) -> str:
    """Return what is wrong with a list of categories by itself; empty if nothing is."""
    if len(categories) < 2:
        return f"kind category needs categories: a list of 2 to {MOST_CATEGORIES} entries with code and label"
    codes = [one.code for one in categories]
    if codes != sorted(set(codes)):
        return f"the codes of categories must rise, found {', '.join(map(str, codes))}: put the categories in order"
    owner = {str(code): code for code in codes}
    for one in categories:
        for text in one.texts:
            if owner.setdefault(category_word(text), one.code) != one.code:
                return (
                    f"the name {text!r} stands for the categories {owner[category_word(text)]} and {one.code}: "
                    "give each name to one category"
                )
    return ""


def _category_fault(spec: IndicatorSpec) -> str:
    """Return what an indicator says that has no meaning for its kind, of codes or of amounts; empty if nothing."""
    if spec.kind != "category":
        given = [name for name in ("categories", "ordered") if getattr(spec, name)]
        return f"{' and '.join(given)} go with kind category, found kind {spec.kind}: take it out" if given else ""
    fault = _codes_fault(spec.categories)
    if fault:
        return fault
    if spec.is_sensitive:
        return (
            f"an indicator of kind category cannot be of sensitivity {spec.sensitivity}: categories are not protected "
            "by withholding small numbers; publish counts or rates instead"
        )
    usual = Display()
    chosen = [
        f"display.{name}" for name in ("scheme", "k", "breaks", "midpoint")
        if getattr(spec.display, name) != getattr(usual, name)
    ]  # fmt: skip
    senseless = {
        "unit": spec.unit != Unit(**CATEGORY_UNIT), "value_range": spec.value_range != (None, None),
        "norm": spec.norm is not None, "disclosure": spec.disclosure is not None,
        "source.multiply": spec.source.multiply != 1.0, **dict.fromkeys(chosen, True),
    }  # fmt: skip
    found = [name for name, is_there in senseless.items() if is_there]
    if found:
        return f"the figures of kind category are codes, for which {', '.join(found)} says nothing: take it out"
    if spec.display.mark != "fill":
        return f"categories are drawn with mark fill, found {spec.display.mark}: correct display.mark"
    if not spec.ordered and spec.direction != "neutral":
        return f"categories without an order have direction neutral, found {spec.direction}: correct it, or set ordered"
    if spec.ordered and spec.display.palette in DIVERGING:
        return f"ordered categories rise in one direction, found palette {spec.display.palette}: name another palette"
    if not spec.ordered and spec.display.palette != usual.palette:
        return "categories without an order have colours of their own: take display.palette out, or say ordered: true"
    return ""


_FINEST_LEVEL: dict[Sensitivity, AdminLevel] = {"severe": "ADM1", "high": "ADM2"}
_LEAST_K: dict[Sensitivity, int] = {"severe": 10, "high": 5}


def _protection_fault(spec: IndicatorSpec) -> str:
    """Return why the figures of an indicator cannot be protected as it says; empty if they can."""
    rules = spec.disclosure or Disclosure()
    name = f"an indicator of sensitivity {spec.sensitivity}"
    if rules.published:
        return f"{name} is always protected: take published out of disclosure" if spec.sensitivity == "severe" else ""
    if spec.is_sensitive:
        if rules.k is not None and rules.k < _LEAST_K[spec.sensitivity]:
            return f"{name} needs disclosure.k of at least {_LEAST_K[spec.sensitivity]}"
        if rules.rounding is not None:
            return f"{name} is never rounded, smoothed or mixed with noise: take rounding out of disclosure"
        if rules.finest_level == "ADM3" or rules.finest_period in ("month", "quarter"):
            return f"{name} is never shown finer than ADM2 or than a year: correct finest_level or finest_period"
        finest = rules.finest_level or _FINEST_LEVEL[spec.sensitivity]
        finer = [level for level in spec.levels if level > finest]
        if finer:
            return f"{name} is shown at {finest} at the finest, and levels names {', '.join(finer)}: take these out" + (
                ", or declare disclosure.finest_level: ADM2 if its owner has decided so" if finer == ["ADM2"] else ""
            )
    if rules.rounding is not None and spec.kind != "count":
        return f"only counts are rounded: take rounding out of disclosure of this {spec.kind}"
    if rules.sum_of is not None and (spec.kind != "count" or rules.sum_of == spec.id):
        return "only a count is the sum of another count: take sum_of out of disclosure"
    if (spec.disclosure is not None and rules.declared != {"rounding"}) or spec.is_sensitive:
        if spec.kind == "count":
            return "" if rules.numerator is None else "a count is its own numerator: take numerator out of disclosure"
        if rules.numerator is None and rules.denominator is None:
            return (
                f"a {spec.kind} is protected by the persons that it counts: name in disclosure the count that is its "
                "numerator, or its denominator and per, or published: true if its source has published the figures"
            )
    return ""


class IndicatorSpec(Strict):
    """One indicator: everything that menus, legend, hover, table, downloads and method page say."""

    id: Identifier
    title: Text
    menu_title: Text
    headline: Text
    synonyms: Synonyms = Synonyms()
    driver: Identifier
    kind: Kind
    categories: tuple[Category, ...] = Field(default=(), max_length=MOST_CATEGORIES)
    ordered: bool = False
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
    disclosure: Disclosure | None = None
    norm: Identifier | None = None
    display: Display = Display()

    @model_validator(mode="before")
    @classmethod
    def _codes_have_no_unit(cls, values: Any) -> Any:
        if isinstance(values, dict) and values.get("kind") == "category":
            return {"unit": CATEGORY_UNIT, "value_range": (None, None), **values}
        return values

    @model_validator(mode="after")
    def _fits_its_kind(self) -> IndicatorSpec:
        fault = _category_fault(self)
        if fault:
            raise ValueError(fault)
        return self

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
        if self.kind == "category":
            if named or self.carry.method != "exact_membership":
                raise ValueError(
                    "categories are carried by method exact_membership only, without numerator and denominator: a code "
                    "is never split or averaged"
                )
            return self
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
        words = " ".join((self.id, self.title.en, self.title.ru, *self.synonyms.all))
        fault = classification_fault(
            words, self.kind, self.levels, self.periodicity, self.sensitivity, self.display.palette
        )
        if fault:
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _can_be_protected(self) -> IndicatorSpec:
        fault = _protection_fault(self)
        if fault:
            raise ValueError(fault)
        return self

    @property
    def tier(self) -> Tier:
        """The lowest tier that may hold the indicator."""
        return TIER_OF[self.sensitivity]

    @property
    def is_sensitive(self) -> bool:
        """Whether a snapshot may hold the indicator only with the evidence of disclosure control."""
        return self.sensitivity in ("high", "severe")

    @property
    def protection(self) -> Protection | None:
        """How its small numbers are protected; None where its figures are published as they are.

        High and severe indicators always are, unless their source has published the figures (never for severe ones);
        low and moderate ones if they declare `disclosure`.
        """
        rules = self.disclosure
        if (rules is None and not self.is_sensitive) or (rules is not None and rules.published):
            return None
        rules = rules or Disclosure()
        if rules.declared == {"rounding"}:
            return None
        k = rules.k or (10 if self.is_sensitive else 5)
        return Protection(
            k=k,
            zeros=rules.zeros or ("banded" if self.sensitivity == "severe" else "shown"),
            width=rules.width or float(k),
            sum_of=rules.sum_of,
            numerator=rules.numerator,
            denominator=rules.denominator,
            per=rules.per,
            denominator_floor=rules.denominator_floor,
            finest_level=rules.finest_level or _FINEST_LEVEL.get(self.sensitivity),
            finest_period=rules.finest_period or ("year" if self.is_sensitive else None),
            cost=rules.cost,
        )

    @property
    def threshold(self) -> int | None:
        """Counts of people below it are withheld; None where nothing but the source decides what is withheld."""
        return self.protection.k if self.protection is not None else None

    @property
    def category_codes(self) -> dict[str, int]:
        """The code that each name of a category stands for, as `category_word` spells it."""
        return {category_word(text): one.code for one in self.categories for text in one.texts}

    @property
    def category_list(self) -> str:
        """The categories as a message names them: "1 (Piped water), 2 (Well)"."""
        return ", ".join(f"{one.code} ({one.label.en})" for one in self.categories)

    def allows(self, act: Act) -> bool:
        """Whether something may be done with the figures, such as ranking places by them (layers/restraint.py)."""
        return act not in refused_acts(self.sensitivity, self.kind)


class FlowSpec(Strict):
    """Moves of people between units (catalog/flows.yml): what is counted, and below which number a cell is withheld.

    Only aggregates of low or moderate sensitivity are published; nothing sums cells up, so that no withheld one can be
    found from a total.
    """

    id: Identifier
    title: Text
    unit: Text
    definition: Text
    definition_source: str
    sensitivity: Literal["low", "moderate"] = "moderate"
    k: int = Field(default=10, ge=3, le=100)
    caveats: tuple[Text, ...] = ()


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
    """A package's catalog/dataset.yml: title, region, disclaimer, projection, the opening view, who answers for it.

    `weights` names the count of residents by which means over several places are weighted.
    """

    id: Identifier
    title: Text
    region: Text
    description: Text
    disclaimer: Text
    un_cleared: bool = False
    synthetic: bool = False
    projection: Projection
    default_view: DefaultView
    weights: Identifier | None = None
    caveats: tuple[Text, ...] = ()
    governance: Governance | None = None


class Catalog(Strict):
    """The whole catalog of a dataset, as a snapshot publishes it (catalog.json)."""

    dataset: Dataset
    drivers: tuple[Driver, ...]
    indicators: tuple[IndicatorSpec, ...]
    flows: tuple[FlowSpec, ...] = ()

    @model_validator(mode="after")
    def _references_exist(self) -> Catalog:
        drivers = [driver.id for driver in self.drivers]
        ids = [spec.id for spec in self.indicators]
        for name, values in (("driver", drivers), ("indicator", ids), ("flow", [flow.id for flow in self.flows])):
            doubled = sorted({value for value in values if values.count(value) > 1})
            if doubled:
                raise ValueError(f"{name} ids occur twice: {', '.join(doubled)}")
        unknown = sorted({s.driver for s in self.indicators} - set(drivers))
        if unknown:
            raise ValueError(f"indicators name unknown drivers: {', '.join(unknown)}")
        for one in self.indicators:
            fault = self._norm_fault(one)
            if fault:
                raise ValueError(fault)
        weights = self.dataset.weights
        if weights is not None:
            spec = self.indicator(weights)
            if spec is None or spec.kind != "count" or spec.sensitivity != "low":
                raise ValueError(
                    f"dataset.weights names {weights!r}: it must be a count of the catalog, of low sensitivity"
                )
        return self

    def _norm_fault(self, spec: IndicatorSpec) -> str:
        """Return why the norm that an indicator names cannot be its norm; empty if it can, or if it names none."""
        if spec.norm is None:
            return ""
        norm = self.indicator(spec.norm)
        if norm is None or norm.id == spec.id:
            return f"{spec.id} names the norm {spec.norm!r}: it must be another indicator of the catalog"
        if (norm.kind, norm.unit) != (spec.kind, spec.unit):
            return f"{spec.id} and its norm {norm.id} differ in kind or unit: a norm is a figure of the same measure"
        if norm.tier != "public" or not spec.allows("join"):
            return f"{spec.id} cannot have the norm {norm.id}: a norm is public, and no severe indicator has one"
        return ""

    def indicator(self, indicator_id: str) -> IndicatorSpec | None:
        """Return the indicator of that id, or None."""
        return next((s for s in self.indicators if s.id == indicator_id), None)
