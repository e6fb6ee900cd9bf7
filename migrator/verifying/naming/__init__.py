"""Where an object was last named: from the migrations to a file and a line."""
