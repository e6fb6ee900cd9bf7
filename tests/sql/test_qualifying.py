"""Columns in an expression of an index are told from everything else that looks like a name."""

import pytest

from migrator.sql.qualifying import qualified

COLUMNS = {"email": 't."email"', "lower": 't."lower"', "text": 't."text"', "Odd Name": 't."Odd Name"'}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("email", 't."email"'),
        ("lower(email)", 'lower(t."email")'),
        ("lower(lower)", 'lower(t."lower")'),
        ("lower(text::text)", 'lower(t."text"::text)'),
        ("lower((email)::text)", 'lower((t."email")::text)'),
        ("\"Odd Name\" || 'email'", "t.\"Odd Name\" || 'email'"),
        ('(email COLLATE "C")', '(t."email" COLLATE "C")'),
        ("ext.email(email) = email", 'ext.email(t."email") = t."email"'),
        ("(email IS NOT NULL) AND (deleted_at IS NULL)", '(t."email" IS NOT NULL) AND (deleted_at IS NULL)'),
        ("(email -> 'text'::text)", "(t.\"email\" -> 'text'::text)"),
    ],
)
def test_qualified(expression: str, expected: str):
    """Functions, types, collations and literals keep their names."""
    assert qualified(expression, COLUMNS) == expected
