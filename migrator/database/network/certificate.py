"""What a certificate says of itself: whom it names, who signed it, from when until when.

Python decodes a certificate only once it is trusted, and the one that is not trusted is of most interest. So this reads
its DER form: https://www.rfc-editor.org/rfc/rfc5280#section-4.1 in the encoding of ITU-T X.690.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

_SEQUENCE, _SET, _LONG = 0x30, 0x31, 0x80
_UTC_TIME, _GENERALIZED_TIME = 0x17, 0x18
_VERSION, _EXTENSIONS = 0xA0, 0xA3
_DNS_NAME, _IP_ADDRESS = 0x82, 0x87
_SHORT = {
    b"\x55\x04\x03": "CN",
    b"\x55\x04\x06": "C",
    b"\x55\x04\x07": "L",
    b"\x55\x04\x08": "ST",
    b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU",
}
_ALTERNATIVE_NAMES = b"\x55\x1d\x11"


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """A server's certificate.

    Attributes:
        subject: whom it names, such as `CN=db.example.com`.
        issuer: who signed it.
        begins: from when it is valid, in UTC.
        ends: until when.
        names: the hosts that it is for.
    """

    subject: str
    issuer: str
    begins: datetime
    ends: datetime
    names: tuple[str, ...] = ()


def read_certificate(der: bytes) -> Certificate | None:
    """The certificate of these bytes; None where they hold none that can be read."""
    try:
        return _certificate(der)
    except (ValueError, IndexError, StopIteration):
        return None


def _certificate(der: bytes) -> Certificate:
    signed = next(_values(next(_values(der, _SEQUENCE)), _SEQUENCE))
    # version, serial number, algorithm, issuer, validity, subject, key, and extensions at the end
    fields = list(_parts(signed))
    if fields[0][0] == _VERSION:
        del fields[0]
    begins, ends = (_moment(tag, value) for tag, value in _parts(fields[3][1]))
    return Certificate(
        subject=_name(fields[4][1]),
        issuer=_name(fields[2][1]),
        begins=begins,
        ends=ends,
        names=tuple(_names(next((value for tag, value in fields if tag == _EXTENSIONS), b""))),
    )


def _parts(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The values that stand one behind the other: the tag and the content of each."""
    at = 0
    while at < len(der):
        tag, length, at = der[at], der[at + 1], at + 2
        if length >= _LONG:  # the length of the length
            size = length - _LONG
            length, at = int.from_bytes(der[at : at + size]), at + size
        if at + length > len(der):
            raise ValueError(tag)
        yield tag, der[at : at + length]
        at += length


def _values(der: bytes, wanted: int) -> Iterator[bytes]:
    return (value for tag, value in _parts(der) if tag == wanted)


def _name(der: bytes) -> str:
    found = []
    for part in _values(der, _SET):
        for pair in _values(part, _SEQUENCE):
            (_, kind), (_, text) = _parts(pair)
            if kind in _SHORT:
                found.append(f"{_SHORT[kind]}={text.decode('utf-8', 'backslashreplace')}")
    return ", ".join(found)


def _moment(tag: int, value: bytes) -> datetime:
    text = value.decode("ascii")
    if tag == _GENERALIZED_TIME:
        return datetime.strptime(text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)
    if tag != _UTC_TIME:
        raise ValueError(tag)
    # two digits of a year up to 49 are of this century: RFC 5280, 4.1.2.5.1
    century = "20" if text < "50" else "19"
    return datetime.strptime(century + text, "%Y%m%d%H%M%SZ").replace(tzinfo=UTC)


def _names(der: bytes) -> Iterator[str]:
    for extension in _values(next(_values(der, _SEQUENCE), b""), _SEQUENCE):
        (_, kind), *_, (_, content) = _parts(extension)
        if kind != _ALTERNATIVE_NAMES:
            continue
        for tag, value in _parts(next(_values(content, _SEQUENCE), b"")):
            if tag == _DNS_NAME:
                yield value.decode("ascii")
            elif tag == _IP_ADDRESS:
                yield str(ipaddress.ip_address(value))
