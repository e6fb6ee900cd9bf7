"""From a table's rows back to a seed file: which columns, which references, and every value as YAML."""
