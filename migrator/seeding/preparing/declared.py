"""Labels of `$id` that no file of a run declares: the database may know them from an earlier run."""

from migrator.database.sessions.session import Session
from migrator.errors import InputError
from migrator.seeding.books.tables import Catalog
from migrator.seeding.preparing.check import Problems
from migrator.seeding.preparing.ids import Ids
from migrator.sql.names import literal, quote


async def refuse_undeclared(session: Session, ids: Ids, catalog: Catalog) -> None:
    """Raise `InputError` for labels that neither a file of this run nor the database has.

    One round trip where a label is declared in no file of the run, else none; neither locks nor writes.
    """
    unknown = ids.undeclared()
    if not unknown:
        return
    questions = []
    for (oid, _), (text, takes, _) in unknown.items():
        table = catalog.tables[oid]
        questions.append(f"exists (select from {table.quoted} where {quote(takes)}::text = {literal(text)})")
    (answers,) = await session.read(f"select to_json(array[{', '.join(questions)}])")
    problems = Problems()
    for ((oid, label), (_, _, where)), known in zip(unknown.items(), answers, strict=True):
        if not known:
            problems.add(
                InputError(
                    f"no row of `{catalog.tables[oid].name}` has the label `{label}`",
                    code="undeclared-id",
                    where=where,
                    outcome="nothing was loaded",
                    hint=f"declare it in a row of that table: `{{$id: {label}}}`, or correct the label",
                )
            )
    problems.raise_any()
