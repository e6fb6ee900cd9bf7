"""The recognised form of Supabase's `auth.users`: a person in a seed file becomes an account that can log in."""
