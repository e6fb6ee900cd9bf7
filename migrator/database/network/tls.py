"""Encryption of one connection: which attempts an `sslmode` allows, and the context for each.

asyncpg's own modes read `PGSSL*` variables and files under `~/.postgresql`, and its `prefer` logs in twice with a wrong
password, which trips the bans of hosted databases; so it gets a finished context, or none. Meaning of the modes:
https://www.postgresql.org/docs/current/libpq-ssl.html#LIBPQ-SSL-PROTECTION
"""

import os
import shlex
import ssl
import stat
from pathlib import Path

from migrator.database.address.target import Host, Target, TlsMode
from migrator.errors import InputError

DEFAULT_ROOT = Path("~/.postgresql/root.crt")


class _Context(ssl.SSLContext):
    """A context that asks for, and checks, the name of a host that was dialled by its number."""

    dialled: str | None = None

    def wrap_bio(
        self,
        incoming: ssl.MemoryBIO,
        outgoing: ssl.MemoryBIO,
        server_side: bool = False,  # noqa: FBT001, FBT002 - as it is declared there
        server_hostname: str | bytes | None = None,
        session: ssl.SSLSession | None = None,
    ) -> ssl.SSLObject:
        """As it is there, with our name."""
        return super().wrap_bio(incoming, outgoing, server_side, self.dialled or server_hostname, session)


def mode_of(target: Target, host: Host) -> TlsMode:
    """The mode for a host: as configured; else `require` over a network, and plain where there is none.

    Sockets are never encrypted.
    """
    if host.is_socket:
        return "disable"
    return target.tls.mode or ("allow" if host.is_local else "require")


def attempts(target: Target, host: Host) -> tuple[bool, ...]:
    """Whether to encrypt, in turn: the second only when the server says that it wants, or lacks, encryption."""
    return {"disable": (False,), "allow": (False, True), "prefer": (True, False)}.get(mode_of(target, host), (True,))


def context(target: Target, host: Host) -> ssl.SSLContext:
    """What asyncpg encrypts with. Raises `InputError` for a certificate or a key that is missing or unreadable."""
    mode = mode_of(target, host)
    made = _Context(ssl.PROTOCOL_TLS_CLIENT)
    made.dialled = host.name if host.address else None
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.set_alpn_protocols(["postgresql"])
    made.check_hostname = mode == "verify-full"
    if mode in {"verify-ca", "verify-full"}:
        _trust(made, target, mode)
    else:
        made.verify_mode = ssl.CERT_NONE
    if target.tls.cert:
        _identify(made, target.tls.cert, target.tls.key)
    return made


def _trust(made: ssl.SSLContext, target: Target, mode: TlsMode) -> None:
    root = target.tls.rootcert
    if root is None and DEFAULT_ROOT.expanduser().exists():
        root = str(DEFAULT_ROOT.expanduser())
    if root == "system" or (root is None and mode == "verify-full"):
        made.load_default_certs()
        return
    if root is None:
        raise InputError(
            "`sslmode=verify-ca` needs the certificate of an authority",
            code="tls-file",
            hint=f"add `sslrootcert=PATH` to the address, put it at `{DEFAULT_ROOT}`, or use `sslmode=verify-full`",
        )
    path = _present(root, "sslrootcert")
    try:
        made.load_verify_locations(cafile=path)
    except (OSError, ssl.SSLError):
        raise _not_pem(root, "sslrootcert") from None


def _identify(made: ssl.SSLContext, cert: str, key: str | None) -> None:
    path = _present(cert, "sslcert")
    key_path = _present(key, "sslkey") if key else None
    if key_path is not None:
        _refuse_shared(Path(key_path))
    asked = False

    def passphrase() -> str:
        nonlocal asked
        asked = True
        return ""  # without an answer of ours, OpenSSL would ask on the terminal

    try:
        made.load_cert_chain(path, key_path, password=passphrase)
    except (OSError, ssl.SSLError):
        name, option = (key, "sslkey") if key else (cert, "sslcert")
        if asked:
            raise InputError(
                f"the key of `{option}` is encrypted with a passphrase, which nobody can type here: `{name}`",
                code="tls-file",
                hint="write it without one, for this account alone: "
                f"`(umask 077; openssl pkey -in {shlex.quote(name)} -out client.key)`",
            ) from None
        raise _not_pem(name, option) from None


def _refuse_shared(path: Path) -> None:
    """As libpq: a key that other accounts can read is no secret; one of root's may be its group's to read."""
    found = path.stat()
    shared = stat.S_IRWXO | (stat.S_IWGRP | stat.S_IXGRP if found.st_uid == 0 else stat.S_IRWXG)
    if os.name == "posix" and found.st_mode & shared:
        raise InputError(
            f"the key of `sslkey` can be read by other accounts (mode {stat.S_IMODE(found.st_mode):04o}): `{path}`",
            code="tls-file",
            hint=f"`chmod 600 {shlex.quote(str(path))}`, as psql asks for, too",
        )


def _present(name: str, option: str) -> str:
    path = Path(name).expanduser()
    try:
        with path.open("rb"):
            return str(path)
    except OSError as error:
        raise InputError(
            f"the file of `{option}` cannot be read: `{path}`",
            code="tls-file",
            detail=error.strerror,
            hint=f"correct `{option}` in the address; a relative path counts from the current folder",
        ) from None


def _not_pem(name: str, option: str) -> InputError:
    return InputError(
        f"the file of `{option}` holds nothing that can be used: `{name}`",
        code="tls-file",
        hint="it has to be PEM (`-----BEGIN ...`), a key without a password and belonging to its certificate",
    )
