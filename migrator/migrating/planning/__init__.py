"""Files against books: in which state each migration is, what a run has to do, and why it may not. Pure."""
