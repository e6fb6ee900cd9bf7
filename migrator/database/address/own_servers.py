"""Addresses that name no server but ask for one of ours. Told apart by how they begin, so that others load no more."""

from migrator.config import Address

EMBEDDED = "embedded:"
DOCKER = "docker:"


def names_data_directory(address: Address | None) -> bool:
    """The address is one of a server of ours in a data directory."""
    return address is not None and address.text.strip().startswith(EMBEDDED)
