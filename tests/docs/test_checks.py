"""Every check has its page, and that of a check of the schema says why it matters and what to do."""

import re

import pytest
from pages import DOCS

from migrator.verifying.checks import Check, all_checks

OF_SCHEMA = [check for check in all_checks() if check.code.startswith("V3")]


def page(check: Check) -> str:
    """Its page."""
    return (DOCS / "checks" / f"{check.code}.md").read_text(encoding="utf-8")


def test_there_is_no_other_page() -> None:
    """Pages and checks have the same codes, and a page begins with the code and the name of its check."""
    assert sorted(page.stem for page in (DOCS / "checks").glob("*.md")) == [check.code for check in all_checks()]
    titles = {check.code: page(check).partition("\n")[0] for check in all_checks()}
    assert titles == {check.code: f"# {check.code} {check.name}" for check in all_checks()}


@pytest.mark.parametrize("check", OF_SCHEMA, ids=lambda check: check.code)
def test_a_page_of_a_check(check: Check) -> None:
    """It says how bad, what is so, why it matters, and what to do in whole statements, and is short."""
    text = page(check)
    assert text.split("\n")[2] == f"**{check.severity}**: {check.title}"
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["The problem", "Why it matters", "What to do"]
    statements = re.findall(r"```sql\n(.*?)```", text, re.DOTALL)
    assert {block.rstrip()[-1] for block in statements} == {";"}
    assert len(text.splitlines()) <= 45
