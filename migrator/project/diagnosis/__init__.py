"""`migrate doctor`: the way to the database and what is there, a step at a time, up to the first that is wrong."""
