"""The servers that we start: data directories, containers, and which one an address means."""
