"""Invented names: three scripts letter by letter, no name twice, variants that differ."""

from __future__ import annotations

import numpy as np
import pytest

from etl.training.names import NameGiver, double_letter, drop_letter, spell, swap_letter


def test_the_three_scripts_follow_letter_by_letter() -> None:
    name = spell("Ilvandor")
    assert (name.en, name.ru) == ("Ilvandor", "Илвандор")
    assert name.local == "ئيلۋاندور"
    assert spell("enkaval").ru == "Энкавал"


def test_a_letter_that_the_language_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError):
        spell("Xylo")


def test_no_name_is_given_twice_even_when_many_are_wanted() -> None:
    giver = NameGiver(np.random.default_rng(3))
    names = [giver.give("ADM2").en for _ in range(5000)]
    assert len(set(names)) == 5000


def test_the_same_seed_gives_the_same_names() -> None:
    one, two = (NameGiver(np.random.default_rng(9)) for _ in range(2))
    assert [one.give("ADM1") for _ in range(20)] == [two.give("ADM1") for _ in range(20)]


@pytest.mark.parametrize(
    ("change", "expected"), [(swap_letter, "Pazikewost"), (double_letter, "Pazzikevost"), (drop_letter, "Pazikevot")]
)
def test_variants_are_other_spellings(change: object, expected: str) -> None:
    assert callable(change)
    assert change("Pazikevost") == expected
