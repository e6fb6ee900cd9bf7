"""The checks of health: every file of `health/` has databases in which one must be found, and where it must not."""

import pytest
from evidence import CHECKS, cases, examine

PROSE = {"V332": 1, "V334": 4, "V335": 1}
"""Findings whose remedy somebody has to think about: their hint is no SQL."""


@pytest.mark.parametrize("code", [check.code for check in CHECKS["health"]])
async def test_a_check_of_health_finds_what_it_must_and_nothing_else(code: str, many: str) -> None:
    """Findings are as told in every case, a good one has none of this code, and the SQL of each hint takes it away."""
    seen, uncured, without = await examine(many, "health", code)
    assert (uncured, len(without)) == ([], PROSE.get(code, 0))
    assert seen == {case.title: case.found for case in cases("health", code)}
