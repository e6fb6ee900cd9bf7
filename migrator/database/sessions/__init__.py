"""Open connections: what is sent over one, how long it waits, how it is opened, probed and found again."""
