"""What a database knows that seeds need: its tables, and which files are loaded."""
