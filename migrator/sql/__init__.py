"""SQL as text: statements with positions, identifiers and literals quoted."""
