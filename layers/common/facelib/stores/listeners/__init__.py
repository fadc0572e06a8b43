"""The connections table, and the API that posts to its listeners."""
