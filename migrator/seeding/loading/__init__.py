"""The second reading: staging tables, the merge, one transaction for each file through the pool."""
