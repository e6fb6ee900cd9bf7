"""What a database is asked besides its schema: whose it is, what it serves, and what the checks find."""
