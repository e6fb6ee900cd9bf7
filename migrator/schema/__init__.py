"""The live schema as values: read as canonical rows, compared, and kept as the record of what our runs left."""
