"""Which files wait for which, and why. Pure."""
