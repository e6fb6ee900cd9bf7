"""Columns in an expression of an index are told from everything else that looks like a name."""

import pytest

from migrator.sql.qualifying import qualified

NAMES = ("email", "lower", "text", "Odd Name", "time", "zone", "year", "precision")
COLUMNS = {name: f't."{name}"' for name in NAMES}


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
        ("(email AT TIME ZONE 'utc'::text)", "(t.\"email\" AT TIME ZONE 'utc'::text)"),
        ('("time" || zone)', '(t."time" || t."zone")'),
        ("EXTRACT(year FROM email)", 'EXTRACT(year FROM t."email")'),
        ("abs(year)", 'abs(t."year")'),
        ("make_interval(year => year)", 'make_interval(year => t."year")'),
        ("email::double precision", 't."email"::double precision'),
        ('("precision"::timestamp(3) without time zone)', '(t."precision"::timestamp(3) without time zone)'),
        ('(email::"text"."time"[] || "time")', '(t."email"::"text"."time"[] || t."time")'),
        ("(email::numeric(10,2) = year)", '(t."email"::numeric(10,2) = t."year")'),
    ],
)
def test_qualified(expression: str, expected: str):
    """Functions, types, collations and literals keep their names."""
    assert qualified(expression, COLUMNS) == expected
