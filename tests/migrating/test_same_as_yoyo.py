"""What comments in front of a file mean, and in which order files apply: as yoyo has it, though it is not asked."""

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from yoyo.migrations import parse_metadata_from_sql_comments
from yoyo.topologicalsort import topological_sort

from migrator.migrating.files import folder
from migrator.migrating.files.reading import metadata, read_migrations

PIECES = st.lists(
    st.sampled_from(
        [
            *("--", "-- ", "---", " --", "\t-- ", "-", "\u00a0--", "/* c */"),
            *("depends", "depends:", "depends : ", "transactional: false", "Depends: ", "title", "title: b"),
            *(" 0001.a", "0002.b ", "\u00a0", "select 1;", ":", " ", "\x0b", "\x0c", "\u2028"),
            *("\n", "\n", "\n", "\r\n", "\r", "\n\n"),
        ]
    ),
    max_size=14,
)


@given(PIECES.map("".join))
def test_comments_mean_what_they_mean_to_yoyo(text: str):
    """Title and dependencies are those that yoyo's own reader gives, whatever the lines and their ends."""
    directives, comment, _ = parse_metadata_from_sql_comments(text)
    title = next((line.strip() for line in comment.splitlines() if line.strip()), "")
    assert metadata(text) == (title, tuple(dict.fromkeys(directives.get("depends", "").split())))


@pytest.mark.parametrize("ids", list(permutations("abc")), ids="".join)
@pytest.mark.parametrize("graph", [{}, {"a": "c"}, {"b": "a"}, {"b": "ac"}, {"c": "ab", "b": "a"}], ids=str)
def test_files_apply_in_yoyos_order(ids: tuple[str, ...], graph: dict[str, str], tmp_path):
    """Where names and dependencies agree, where they do not, and where nothing depends on anything."""
    names = {id_: f"{number}.{id_}" for number, id_ in enumerate(ids)}
    needs = {names[id_]: {names[each] for each in graph.get(id_, "")} for id_ in ids}
    for name, before in needs.items():
        (tmp_path / f"{name}.sql").write_text(f"-- depends: {' '.join(sorted(before))}\nselect 1")
    read = read_migrations(folder.find((tmp_path,)))
    assert [each.id for each in read] == list(topological_sort(list(names.values()), needs))
