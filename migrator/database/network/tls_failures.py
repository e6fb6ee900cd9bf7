"""Why a TLS handshake failed, as our errors: whose certificate is not trusted, and what to do about it."""

import ssl

from migrator.database.address.pooler import is_supabase
from migrator.database.address.target import Host, Target
from migrator.errors import UnavailableError

REFUSED_CERTIFICATE = (
    "the server may not trust the certificate of `sslcert`: it must be signed by an authority of its `ssl_ca_file`"
)


def failed_handshake(error: ssl.SSLError, target: Target, host: Host) -> UnavailableError:
    """The failure, with the words of OpenSSL as its detail."""
    if isinstance(error, ssl.SSLCertVerificationError):
        reason = error.verify_message or "verification failed"
        if "ostname mismatch" in reason or "IP address mismatch" in reason:
            hint = "the address has to name the host as its certificate does, or use `sslmode=verify-ca`"
        elif "expired" in reason or "not yet valid" in reason:
            hint = "renew the server's certificate, or correct the clock of this machine"
        elif is_supabase(host):
            hint = "Supabase's authority is in no system: download it in the dashboard (Database > Settings > SSL) and "
            hint += "add `sslrootcert=PATH`"
        else:
            hint = "name the authority that signed it: `sslrootcert=PATH`"
        return UnavailableError(
            f"the certificate of `{host}` is not trusted", code="tls-untrusted", detail=reason, hint=hint
        )
    reason = (error.reason or str(error)).lower().replace("_", " ")
    asks = None
    if "alert" in reason and target.tls.cert:
        asks = REFUSED_CERTIFICATE
    elif "alert" in reason:
        asks = "the server may ask for a certificate of this client: `sslcert` and `sslkey`"
    return UnavailableError(
        f"the TLS handshake with `{host}` failed",
        code="tls-failed",
        detail=reason,
        hint=asks or f"`sslmode` is `{target.tls.mode or 'require'}`; is it a PostgreSQL server that listens there?",
    )
