"""What a Supabase project expects of its database, for the servers that we start."""
