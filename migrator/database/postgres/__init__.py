"""PostgreSQL's programs on this machine, and what they leave in a data directory."""
