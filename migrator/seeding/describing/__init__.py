"""The tables of a database as a JSON Schema of the seed files that fill them."""
