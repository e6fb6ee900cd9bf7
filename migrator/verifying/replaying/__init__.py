"""The migrations in a scratch database, and what that has to share with the live one."""
