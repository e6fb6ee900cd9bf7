"""`migrate init`: what is here is found, what a project begins with is planned, and what lacks is written."""
