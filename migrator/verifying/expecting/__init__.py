"""What the live schema is compared with, where that is at hand: the record, a committed folder."""
