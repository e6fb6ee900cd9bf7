"""An answer of `migrate verify` that has everything in it, for the tests of every format."""

from migrator.errors import InputError, UnavailableError
from migrator.events.database import DatabaseInfo
from migrator.events.verifying import CheckInfo, ChecksResult, Finding, Ignored, NotCompared, VerifyResult
from migrator.source import Span

DATABASE = DatabaseInfo(
    address="postgresql://ci@db:5432/shop",
    origin="DATABASE_URL",
    kind="direct",
    server_version="17.4",
    server_version_num=170004,
)

CHANGED = Finding(
    code="V203",
    name="changed",
    severity="error",
    message="`public.orders` is not as the migrations left it",
    kind="table",
    subject="public.orders",
    where=Span(path="migrations/0004.add-orders.sql", line=12, column=1, excerpt="create table orders ("),
    hint="run the statement, or `migrate accept`",
    diff="--- expected\n+++ found\n@@ -1,2 +1,2 @@\n table public.orders\n"
    "-  row level security: true\n+  row level security: false",
    sql=("alter table public.orders enable row level security",),
)

EXPOSED = Finding(
    code="V301",
    name="rls_disabled_in_public",
    severity="warning",
    message="row level security is off",
    kind="table",
    subject="public.a``b",
)

LATE = Finding(code="V103", name="late", severity="info", message="late", detail="of another\nbranch", subject="0002.x")

KEPT = Finding(code="V202", name="extra", severity="error", message="extra", kind="index", subject="public.by_hand")

BUSY = UnavailableError(
    "the schema could not be read: busy", code="schema-busy", outcome="nothing was compared", hint="again"
)

EVERYTHING = VerifyResult(
    command="verify",
    database=DATABASE,
    against="the record of `0007.add-invoices`",
    findings=(LATE, EXPOSED, CHANGED),
    compared={"table": 1200, "column": 7, "index": 3},
    platform=1,
    not_compared=(
        NotCompared(what="user mapping options", why="hidden from this role", count=2),
        NotCompared(what="V327", why="the role `anon` does not exist"),
    ),
    ignored=(Ignored(finding=KEPT, reason="made by the pool", until="2027-01-31"),),
)

NOTHING = VerifyResult(command="verify", database=DATABASE, against="the record of `0007.x`", compared={"table": 12})

UNTOLD = VerifyResult(
    command="verify",
    database=DATABASE,
    untold=(InputError("the pages are wrong", code="usage"), BUSY),
)

CHECKS = ChecksResult(
    checks=(
        CheckInfo(code="V101", name="pending", severity="error", title="a migration is not applied"),
        CheckInfo(code="V301", name="rls_disabled_in_public", severity="warning", title="no row level security"),
    )
)
