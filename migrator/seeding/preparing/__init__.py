"""The first reading: rows into COPY text, and everything wrong that can be told before the first write."""
