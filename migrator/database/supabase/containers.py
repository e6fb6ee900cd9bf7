"""The prelude on a PostgreSQL in a container: the same SQL by its own `psql`, and extensions in its own folder.

An image of Supabase's own has all of it, and is left as it is. https://github.com/supabase/postgres (`migrate.sh`: its
superuser is `supabase_admin`, and `postgres` gets the same password).
"""

import io
import tarfile
from typing import Any

from migrator.database.supabase import prelude, trusted
from migrator.errors import UnavailableError
from migrator.sql.names import literal

_PLACE = "/tmp/migrator-extensions"  # noqa: S108 - inside a container of ours
_SHARE = "select setting || '/extension' from pg_catalog.pg_config where name = 'SHAREDIR'"
_HAS_ALL = "select to_regclass('auth.users') is not null"
_EXTENSIONS = f"""
cd "$1" || exit
for file in {_PLACE}/*.control; do
    name=$(basename "$file" .control)
    if [ -e "$file" ] && [ ! -e "$name.control" ]; then cp {_PLACE}/"$name".control {_PLACE}/"$name"--*.sql .; fi
done
for file in *.control; do
    case " $2 " in
        *" ${{file%.control}} "*) ;;
        *) printf '\\ntrusted = true\\n' >> "$file" ;;
    esac
done
"""


def is_own_image(image: str) -> bool:
    """The image is Supabase's own PostgreSQL, by its name."""
    return "supabase/postgres" in image


def settle(container: Any, image: str, password: str, *, automatic_grants: bool) -> None:
    """Lay the prelude on the database of a container whose superuser is `supabase_admin`, unless it has what it needs.

    `password` is what `postgres` will log in with. Raises `UnavailableError` where that fails.
    """
    inside = container.get_wrapped_container()

    def ask(sql: str) -> str:
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1", "-U", prelude.ADMIN, "-d", prelude.DATABASE, "-c", sql]
        code, output = inside.exec_run(command, environment={"PGPASSWORD": password})
        text = output.decode(errors="replace").strip()
        if code != 0:
            raise _failed(image, text.replace(password, "***"))
        return str(text)

    if ask(_HAS_ALL) == "t":
        return
    inside.put_archive("/tmp", _archive())  # noqa: S108 - inside a container of ours
    names = " ".join(sorted(trusted.KEPT_FOR_SUPERUSERS))
    code, output = inside.exec_run(["sh", "-c", _EXTENSIONS, "sh", ask(_SHARE), names], user="root")
    if code != 0:
        raise _failed(image, output.decode(errors="replace").strip())
    script = prelude.script(automatic_grants=automatic_grants)
    ask(f"set client_min_messages = warning; {script}; alter role postgres password {literal(password)}")


def _archive() -> bytes:
    """The stand-ins, as an archive of one folder."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        folder = tarfile.TarInfo(_PLACE.rpartition("/")[2])
        folder.type, folder.mode = tarfile.DIRTYPE, 0o755
        archive.addfile(folder)
        for name, text in trusted.stand_ins().items():
            content = text.encode()
            entry = tarfile.TarInfo(f"{folder.name}/{name}")
            entry.size, entry.mode = len(content), 0o644
            archive.addfile(entry, io.BytesIO(content))
    return packed.getvalue()


def _failed(image: str, said: str) -> UnavailableError:
    return UnavailableError(
        f"what a Supabase project expects could not be made in a container of `{image}`",
        code="supabase-prelude",
        detail=said.splitlines()[0] if said else None,
        hint="use an image of PostgreSQL 14 to 18, as in `docker:postgres:17`, or one of `supabase/postgres`",
    )
