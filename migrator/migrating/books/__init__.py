"""What a database knows: the ledger in yoyo's or Supabase's tables, our journal beside it, the lock of both."""
