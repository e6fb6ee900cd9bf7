"""Other people's statements are shown without any literal of theirs, whatever the statement is."""

import pytest

from migrator.sql.masking import SHOWN, masked


@pytest.mark.parametrize(
    ("sql", "shown"),
    [
        ("select 1", "select 1"),
        ("  update users\n   set name = 'Ada'\n where id = 7;  ", "update users set name = '…' where id = 7"),
        ("alter role ada password 'secret'", "alter role ada password '…'"),
        ("create user ada with password E'sec\\'ret' login", "create user ada with password '…' login"),
        ("alter role ada password 'sec\\'ret' login", "alter role ada password '…'"),
        ("alter role ada password U&'secret'", "alter role ada password U&'…'"),
        ("alter role ada password $$secret$$ valid until 'infinity'", "alter role ada password '…' valid until '…'"),
        ("select $a$secret $$ secret$a$, $1", "select '…', $1"),
        ("alter role ada password 'it''s a secret' -- secret", "alter role ada password '…'"),
        ("/* secret */ select 'a' /* cut off secret", "select '…'"),
        ("alter role ada password 'cut off secr", "alter role ada password '…'"),
        ("do $$ begin perform 'secr", "do '…'"),
        ('select "it\'s" from "a--b" where c = \'secret\'', 'select "it\'s" from "a--b" where c = \'…\''),
        ("set app.secret_key to s3cret", "set app.secret_key to …"),
        ("set my.password = hunter2", "set my.password = …"),
        ("select a$b$c, 'x' from t", "select a$b$c, '…' from t"),
        ("", ""),
    ],
)
def test_no_literal_is_shown(sql: str, shown: str):
    """String literals of every kind, comments and values of secret settings are gone; the rest is one line."""
    assert masked(sql) == shown


def test_it_is_short():
    """A long statement is cut, and says that it is."""
    found = masked("select " + ", ".join(f"column_{number}" for number in range(100)))
    assert len(found) == SHOWN
    assert found.startswith("select column_0, column_1,")
    assert found.endswith("…")
