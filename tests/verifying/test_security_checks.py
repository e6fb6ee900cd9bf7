"""The checks of security: every file of `security/` has databases in which one must be found, and where it must not."""

import pytest
from evidence import CHECKS, cases, examine


@pytest.mark.parametrize("code", [check.code for check in CHECKS["security"]])
async def test_a_check_of_security_finds_what_it_must_and_nothing_else(code: str, many: str) -> None:
    """Findings are as told in every case, a good one has none of this code, and the SQL of each hint takes it away."""
    seen, uncured, without = await examine(many, "security", code)
    assert (uncured, without) == ([], [])
    assert seen == {case.title: case.found for case in cases("security", code)}
