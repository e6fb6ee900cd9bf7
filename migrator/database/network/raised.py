"""What a failed attempt to connect may raise. What that means for the user is told in `connect_failures`."""

import asyncpg

REJECTED = "rejected SSL upgrade"
"""How the driver says that the server has no TLS, or is none."""

DRIVER_ERRORS = (
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
    OSError,
    EOFError,
    UnicodeError,
    LookupError,
    BufferError,
)
"""Everything that a failed attempt to connect may raise, the last three where an answer is none of PostgreSQL's.

TimeoutError and `ssl.SSLError` are OSErrors."""
