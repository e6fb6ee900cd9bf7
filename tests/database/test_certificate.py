"""What a certificate says of itself, read from its bytes, without being trusted."""

import ssl
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from migrator.database.network.certificate import Certificate, read_certificate


def der(path: Path) -> bytes:
    return ssl.PEM_cert_to_DER_cert(path.read_text())


def test_subject_issuer_dates_and_names(certificates: Path):
    """A server's certificate tells whom it names, who signed it, for which hosts, and from when until when."""
    found = read_certificate(der(certificates / "server.crt"))
    assert found is not None
    assert (found.subject, found.issuer, found.names) == ("CN=localhost", "CN=tests", ("localhost",))
    age = datetime.now(UTC) - found.begins
    assert (found.ends - found.begins, timedelta(0) <= age < timedelta(hours=1)) == (timedelta(days=2), True)


def test_an_expired_one_is_read_as_well(certificates: Path):
    """Trust plays no part: the certificate that nobody accepts is the one that is asked about."""
    found = read_certificate(der(certificates / "expired.crt"))
    assert found is not None
    assert (found.subject, found.ends < datetime.now(UTC)) == ("CN=localhost", True)


def test_names_of_every_kind(certificates: Path, tmp_path: Path):
    """Several parts of a name, addresses, a far year and a first version without extensions."""
    key, config, made = certificates / "server.key", tmp_path / "c.cnf", tmp_path / "c.crt"
    config.write_text(
        "[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\nutf8=yes\nstring_mask=utf8only\n"
        "[dn]\nC=CZ\nO=Müller\nCN=db.example.com\n"
        "[ext]\nsubjectAltName=DNS:*.example.com,IP:192.0.2.7,IP:2001:db8::7\n"
    )
    command = ["openssl", "req", "-x509", "-new", "-key", str(key), "-config", str(config), "-out", str(made)]
    subprocess.run([*command, "-days", "20000"], check=True, capture_output=True)
    found = read_certificate(der(made))
    assert found is not None
    assert (found.subject, found.names, found.ends.year > 2049) == (
        "C=CZ, O=Müller, CN=db.example.com",
        ("*.example.com", "192.0.2.7", "2001:db8::7"),
        True,
    )


def test_python_reads_the_same(certificates: Path):
    """Of an authority, which Python decodes untrusted, both readers tell the same."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(certificates / "ca.crt")
    (theirs,) = context.get_ca_certs()
    found = read_certificate(der(certificates / "ca.crt"))
    assert found == Certificate(
        subject="CN=tests",
        issuer="CN=tests",
        begins=datetime.fromtimestamp(ssl.cert_time_to_seconds(str(theirs["notBefore"])), UTC),
        ends=datetime.fromtimestamp(ssl.cert_time_to_seconds(str(theirs["notAfter"])), UTC),
    )


@pytest.mark.parametrize("damage", ["cut", "empty", "text", "flipped"])
def test_what_is_none_is_no_failure(certificates: Path, damage: str):
    """Bytes that are no certificate are told as none, wherever they are cut or changed."""
    whole = der(certificates / "server.crt")
    if damage == "flipped":
        for at in range(len(whole)):
            read_certificate(whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :])
        return
    pieces = {"cut": [whole[:at] for at in range(len(whole))], "empty": [b""], "text": [b"HTTP/1.1 400 Bad Request"]}
    assert [piece for piece in pieces[damage] if read_certificate(piece) is not None] == []
