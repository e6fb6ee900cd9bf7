"""The answer of `migrate verify` in a GitHub workflow: the log, an annotation per finding, the page of the step."""

import io
from dataclasses import replace
from pathlib import Path

import pytest
from verified import CHANGED, CHECKS, EVERYTHING, EXPOSED, UNTOLD

from migrator.cli.render import Surroundings
from migrator.cli.render.github import GithubRenderer
from migrator.cli.render.workflow import in_repository
from migrator.events.verifying import ChecksResult, VerifyResult


def shown(result: VerifyResult | ChecksResult, page: Path) -> tuple[list[str], list[str], str]:
    """The lines of the log, the workflow commands among them, and the page."""
    stdout = io.StringIO()
    environ = {"GITHUB_STEP_SUMMARY": str(page)}
    renderer = GithubRenderer(Surroundings(command="verify", stdout=stdout, stderr=stdout, environ=environ))
    renderer.done(result)
    lines = stdout.getvalue().splitlines()
    commands = [line for line in lines if line.lstrip().startswith("::") or "##[" in line]
    return lines, commands, page.read_text(encoding="utf-8") if page.exists() else ""


def test_every_finding_is_annotated_at_its_place(tmp_path: Path):
    """One command for each finding, its level by severity, the worst first; what is ignored has none."""
    lines, commands, _ = shown(EVERYTHING, tmp_path / "page.md")
    assert commands == [
        (
            "::error file=migrations/0004.add-orders.sql,line=12,col=1,title=V203 changed::"
            "`public.orders` is not as the migrations left it%0Ahint: run the statement, or `migrate accept`"
        ),
        "::warning title=V301 rls_disabled_in_public::row level security is off",
        "::notice title=V103 late::late%0Aof another%0Abranch",
    ]
    assert "    +  row level security: false" in lines


def test_open_questions_are_annotated(tmp_path: Path):
    """What could not be told is an error of the workflow and stands on the page."""
    _, commands, page = shown(UNTOLD, tmp_path / "page.md")
    assert commands[1] == (
        "::error title=schema-busy::the schema could not be read: busy%0Anothing was compared%0Ahint: again"
    )
    assert "- ❌ the schema could not be read: busy\n" in page


def test_nothing_in_a_name_commands_the_runner(tmp_path: Path):
    """Names, definitions and messages that look like commands, in either notation, are shown and not obeyed."""
    evil = "x%0A\r\n::set-env name=A::b\n##[add-mask]c"
    finding = replace(CHANGED, subject=evil, message=evil, hint=evil, detail=evil, diff=evil, sql=(evil,), kind=evil)
    finding = replace(finding, name="a::b,c", where=replace(CHANGED.where, path="m,n:\n::stop-commands::x"))
    everywhere = replace(EVERYTHING, findings=(finding,), against=evil, compared={evil: 1})
    _, commands, page = shown(everywhere, tmp_path / "page.md")
    assert [command.split("::")[1] for command in commands] == [
        "error file=m%2Cn%3A%0A%3A%3Astop-commands%3A%3Ax,line=12,col=1,title=V203 a%3A%3Ab%2Cc"
    ]
    assert page.count("\n::") == page.count("\n##[") == 2  # within the fences of the diff and of the statement


def test_the_page_has_all_of_it(tmp_path: Path):
    """A row for each finding, its difference in a block that folds, and what was looked at."""
    _, _, page = shown(EVERYTHING, tmp_path / "page.md")
    assert page == (
        """\
### migrate verify

PostgreSQL 17.4 at <code>postgresql://ci&#64;db:5432/shop</code>

Compared with the record of <code>0007.add-invoices</code>.

**1 error, 1 warning and 1 note; 1,210 objects compared**

|  | check | object | place | what |
| --- | --- | --- | --- | --- |
| error | V203 changed | table <code>public.orders</code> | <code>migrations/0004.add-orders.sql:12:1</code> | \
<code>public.orders</code> is not as the migrations left it<br>hint: run the statement, or <code>migrate accept</code> |
| warning | V301 rls&#95;disabled&#95;in&#95;public | table <code>public.a&#96;&#96;b</code> |  | \
row level security is off |
| info | V103 late | <code>0002.x</code> |  | late<br>of another branch |

<details><summary>V203 changed: table public.orders</summary>

```diff
--- expected
+++ found
@@ -1,2 +1,2 @@
 table public.orders
-  row level security: true
+  row level security: false
```

```sql
alter table public.orders enable row level security;
```

</details>

- compared: column 7, index 3, table 1,200
- platform: 1 object differs in nothing but the words in which another version of the server prints them
- not compared: user mapping options (2): hidden from this role
- not compared: V327: the role <code>anon</code> does not exist
- ignored: error V202 extra  index public.by&#95;hand: made by the pool, until 2027-01-31

"""
    )


def test_a_definition_cannot_leave_its_block(tmp_path: Path):
    """A function's text with fences, HTML and headings of its own stays in the block that shows it."""
    body = " ```\n+````\n-</details>\n # heading"
    _, _, page = shown(replace(EVERYTHING, findings=(replace(CHANGED, diff=body, sql=()),)), tmp_path / "page.md")
    assert f"`````diff\n{body}\n`````\n" in page


def test_the_page_stays_within_what_github_takes(tmp_path: Path):
    """What other commands wrote before counts; the page says how much did not fit, and where it is."""
    path = tmp_path / "page.md"
    path.write_text("x" * 500_000, encoding="utf-8")
    long = "\n".join(f"+{'y' * 900}{number}" for number in range(490))
    found = (replace(CHANGED, diff=long), CHANGED, replace(CHANGED, diff=long), *[EXPOSED] * 300)
    _, commands, page = shown(replace(EVERYTHING, findings=found), path)
    assert len(page.encode()) <= 1024 * 1024
    assert len(commands) == 303
    assert page.count("| warning | V301") == 300
    assert page.count("<details>") == 2
    assert (
        "GitHub takes 1 MiB: 1 difference did not fit; <code>--format json</code> and "
        "<code>--sarif FILE</code> have all of it.\n"
    ) in page
    path.unlink()
    _, commands, page = shown(replace(EVERYTHING, findings=(EXPOSED,) * 20_000), path)
    assert len(page.encode()) <= 1024 * 1024
    rows = page.count("| warning | V301")
    assert f"GitHub takes 1 MiB: {20_000 - rows:,} more findings did not fit; " in page


def test_the_list_of_checks_is_a_table(tmp_path: Path):
    """`verify --list` is a table on the page, too."""
    _, commands, page = shown(CHECKS, tmp_path / "page.md")
    assert commands == []
    assert "| V101 | pending | error | a migration is not applied |\n" in page


def test_paths_are_those_of_the_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """Wherever in the checkout the command runs, a place is told as the repository has it."""
    (tmp_path / "backend").mkdir()
    monkeypatch.chdir(tmp_path / "backend")
    environ = {"GITHUB_WORKSPACE": str(tmp_path)}
    assert in_repository("migrations/1.sql", environ) == "backend/migrations/1.sql"
    assert in_repository("../db/1.sql", environ) == "db/1.sql"
    assert in_repository(str(tmp_path / "db" / "1.sql"), environ) == "db/1.sql"
    assert in_repository("/elsewhere/1.sql", environ) == "/elsewhere/1.sql"
    assert in_repository("migrations/1.sql", {}) == "migrations/1.sql"
