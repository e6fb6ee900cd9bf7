"""SQL that brings an object of the live schema back to what is expected, where that is simple and loses no rows."""
