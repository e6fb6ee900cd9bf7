"""What is on disk: the files of migrations, their names, what they hold and whether they may hold it."""
