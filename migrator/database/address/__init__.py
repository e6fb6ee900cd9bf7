"""Every spelling of a database address, as a target. Pure, but for the files that an address names."""
