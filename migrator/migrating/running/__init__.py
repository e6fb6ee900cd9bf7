"""A plan carried out over one session: messages, marks, statements of their own, retries, and who is to blame."""
