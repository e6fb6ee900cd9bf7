"""What is on disk: the folders of seeds, YAML as events, rows with their places, headers. No database is known here."""
