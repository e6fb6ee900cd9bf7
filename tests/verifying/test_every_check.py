"""What holds of all checks: each has its page and a place in the list, runs on every server, and is in the wheel."""

import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import debian
import pytest
from evidence import CHECKS, SCOPE, cases, told
from hatchling.builders.wheel import WheelBuilder

from migrator.config import Address, Config
from migrator.database.connect import connect
from migrator.events.verifying import SEVERITIES
from migrator.schema.reading import LOCALLY, SETTINGS
from migrator.schema.scope import Scope
from migrator.verifying import checks
from migrator.verifying.asking import checking
from migrator.verifying.checks import Check, all_checks

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "checks"
LIST = PAGES / "README.md"
HEADINGS = ["The problem", "Why it matters", "What to do"]

ADVISOR = "[Supabase's advisor](https://supabase.com/docs/guides/database/database-advisors)"

FAMILIES = {
    "V1": ("The ledger", "Are the migrations of the files applied, and no others?"),
    "V2": ("Drift", "Is the schema what the last run left, what the migrations make, or what a folder of files says?"),
    "V3": (
        "Security and health",
        f"Names, levels and meaning are those of {ADVISOR} where it has the check.",
    ),
    "V4": ("Seeds", "With `--check-seeds`: are the rows of the seed files in the database?"),
    "V5": ("Files alone", "What `migrate check` finds without a database of yours."),
    "V9": ("The ignore list", "Entries that cover nothing any more."),
}


def listing() -> str:
    """docs/checks/README.md."""
    about = "What `migrate verify` and `migrate check` can find; `migrate verify --list` prints it, too."
    lines = ["# Checks", "", about]
    family = ""
    for check in all_checks():
        if check.code[:2] != family:
            family = check.code[:2]
            title, text = FAMILIES[family]
            lines += ["", f"## {title}", "", text, "", "| code | name | level | finds |", "|---|---|---|---|"]
        lines.append(f"| [{check.code}]({check.code}.md) | {check.name} | {check.severity} | {check.title} |")
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("check", all_checks(), ids=lambda check: check.code)
def test_each_has_a_page(check: Check):
    """Its page has its code, name, level and title, the three headings, whole statements, and is short."""
    text = (PAGES / f"{check.code}.md").read_text(encoding="utf-8")
    lines = text.splitlines()
    assert lines[:4] == [f"# {check.code} {check.name}", "", f"**{check.severity}**: {check.title}", ""]
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert [block for block in re.findall(r"```sql\n(.*?)```", text, re.DOTALL) if not block.endswith(";\n")] == []
    assert len(lines) <= 45
    assert [line for line in lines if len(line) > 125] == []
    for link, anchor in re.findall(r"\]\((?!http)([^)#]+)#?([^)]*)\)", text):
        headings = re.findall(r"^#+ (.+)$", (PAGES / link).read_text(encoding="utf-8"), re.MULTILINE)
        assert anchor in {"", *(heading.lower().replace(" ", "-") for heading in headings)}, link


def test_the_list_is_all_of_them(request: pytest.FixtureRequest):
    """docs/checks/ holds a page for each check, the list in their order (`--golden` writes it), and nothing else."""
    if request.config.getoption("--golden"):
        LIST.write_text(listing(), encoding="utf-8")
    assert LIST.read_text(encoding="utf-8") == listing()
    assert sorted(page.name for page in PAGES.iterdir()) == [LIST.name, *(f"{each.code}.md" for each in all_checks())]


def test_each_is_a_file_of_its_own():
    """A file is named for its code and its name; codes are unique and in the order of files; there are three levels."""
    expected = [f"{each.code.lower()}_{each.name.replace('-', '_')}.py" for each in all_checks()]
    assert sorted(path.name for path in Path(checks.__file__).parent.glob("v*.py")) == expected
    assert len({each.code for each in all_checks()}) == len(expected)
    assert [each.code for each in all_checks() if each.severity not in SEVERITIES] == []
    assert [each.code for each in all_checks() if each.title != each.title.strip(". ")] == []


@pytest.fixture(scope="module")
def debian_dsn(need: Callable[[str, str | None], None]) -> Iterator[str]:
    """The address of a superuser on Debian's PostgreSQL."""
    found = debian.programs()
    need("postgresql", debian.missing(found, "postgresql"))
    with debian.made(found) as server:
        debian.start(server)
        yield server.address("postgres")


def config_of(dsn: str) -> Config:
    """A project without files on a database."""
    return Config(root=ROOT, database=Address(dsn, "test"))


@pytest.fixture(params=["server_dsn", "debian_dsn"])
def plain_dsn(request: pytest.FixtureRequest) -> str:
    """The address of a superuser on each server in turn."""
    return str(request.getfixturevalue(str(request.param)))


@pytest.mark.db
async def test_each_query_runs_on_plain_postgresql(plain_dsn: str):
    """Without a role, schema or extension of Supabase each query runs, alone and with the others, and finds nothing."""
    plain = Scope(own="migrator", ledger="public", supabase=False)
    asked = [check for check in all_checks() if check.query is not None]
    async with connect(config_of(plain_dsn)) as session:
        await session.run(SETTINGS)
        for check in asked:
            assert (check.code, await session.read(checking.query([check], plain))) == (check.code, [])
        assert await checking.findings(session, asked, plain) == ()


SUPABASE = """
do $$ begin
    execute (select coalesce(string_agg('create role ' || r, '; '), 'select') from unnest(array[
        'anon', 'authenticated', 'service_role bypassrls']) r where to_regrole(split_part(r, ' ', 1)) is null);
end $$;
create schema auth;
create table auth.users (id uuid primary key);
create function auth.uid() returns uuid language sql stable as 'select null::uuid';
create function auth.role() returns text language sql stable as 'select null::text';
create function auth.email() returns text language sql stable as 'select null::text';
create function auth.jwt() returns jsonb language sql stable as 'select null::jsonb';
set local search_path = public"""
"""What the cases of health need of a Supabase database."""


@pytest.mark.db
async def test_health_is_the_same_on_an_older_server(debian_dsn: str):
    """Debian's PostgreSQL finds in every case what the newest one does, where it understands the case."""
    expected, actual = {}, {}
    async with connect(config_of(debian_dsn)) as session:
        for check in CHECKS["health"]:
            for case in cases("health", check.code):
                if case.title.startswith("since 18"):
                    continue
                await session.run(f"begin; {SUPABASE}; {case.sql}; {LOCALLY}")
                findings = await checking.findings(session, [check], SCOPE, then="rollback")
                expected[check.code, case.title] = [each for each in case.found if each.startswith(check.code)]
                actual[check.code, case.title] = [told(each) for each in findings]
    assert expected == actual


def test_the_wheel_holds_every_query(tmp_path: Path):
    """Files of SQL are not forgotten when the package is built: a wheel has all that are in the folder."""
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    with zipfile.ZipFile(wheel) as packed:
        inside = sorted(name for name in packed.namelist() if name.endswith(".sql"))
    assert inside == sorted(path.relative_to(ROOT).as_posix() for path in (ROOT / "migrator").rglob("*.sql"))
    assert {"migrator/verifying/checks/common.sql", "migrator/schema/catalog/common.sql"} <= {*inside}
