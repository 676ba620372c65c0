"""What a variant of a layer says of itself: whose figures, changes since when, why a place has none."""

from __future__ import annotations

from babel.dates import format_date

from layers.layer import LayerData
from layers.over_time import Reason
from layers.words import Words


def group_text(words: Words, sex: str, age: str) -> str:
    """Return a group of people: "everyone", "women", "men, ages 15–24"."""
    parts = [] if sex == "all" and age != "all" else [words(f"group.{sex}")]
    if age.endswith("+"):
        parts.append(words("group.age_over", age=age[:-1]))
    elif age != "all":
        parts.append(words("group.age", age=age.replace("-", "–")))
    return ", ".join(parts)


def is_everyone(layer: LayerData) -> bool:
    """Whether the figures are of all sexes and ages together."""
    return (layer.variant.sex, layer.variant.age) == ("all", "all")


def titled(layer: LayerData, words: Words, title: str) -> str:
    """Return a title or headline that says whose figures are shown, and since when they are changes."""
    variant = layer.variant
    if not is_everyone(layer):
        title = words("group.headline", headline=title, group=group_text(words, variant.sex, variant.age))
    if layer.base is not None:
        key = f"more_time.headline_{variant.measure}"
        title = words(key, headline=title, base=layer.base.label(words.lang))
    return title


def unit_text(layer: LayerData, words: Words) -> str:
    """Return the unit of what is shown, and of whom: "percentage points (% of people; women)"."""
    text, variant = layer.spec.unit.text.in_language(words.lang), layer.variant
    if not is_everyone(layer):
        text = words("group.unit", unit=text, group=group_text(words, variant.sex, variant.age))
    if layer.base is None:
        return text
    if variant.measure == "percent":
        return words("more_time.unit_percent", unit=text, base=layer.base.label(words.lang))
    return words("more_time.unit_points" if is_percentage(layer) else "more_time.unit_change", unit=text)


def sign_text(layer: LayerData, words: Words) -> str:
    """Return the sign of the unit of what is shown; empty if it has none."""
    if layer.base is not None and layer.variant.measure == "percent":
        return "%"
    if layer.base is not None and is_percentage(layer):
        return words("more_time.sign_points")
    sign = layer.spec.unit.sign
    return sign.in_language(words.lang) if sign else ""


def is_percentage(layer: LayerData) -> bool:
    """Whether the layer's own figures are percentages, so that their change is in percentage points."""
    return layer.spec.unit.sign is not None and layer.spec.unit.sign.en == "%"


def caveats_of(layer: LayerData, words: Words) -> list[str]:
    """Return what must be known of changes beside the caveats of the layer."""
    if layer.base is None:
        return []
    if layer.variant.measure == "percent":
        return [words("more_time.caveat_percent", base=layer.base.label(words.lang))]
    return [words("more_time.caveat_interval")] if layer.unclear is not None and (layer.low == layer.low).any() else []


def reason_text(words: Words, reason: Reason) -> str:
    """Return why a place has no figure of this kind, in one sentence."""
    period = reason.period.label(words.lang) if reason.period else ""
    day = format_date(reason.day, "d MMM y", locale=words.lang) if reason.day else ""
    note = reason.note.in_language(words.lang) if reason.note else ""
    return words(f"more_time.why_{reason.code}", period=period, day=day, note=note)
