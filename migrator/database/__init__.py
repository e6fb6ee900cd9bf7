"""The ground: addresses, connections, pools, servers that we start, and our own tables. The only door to asyncpg."""
