"""One module for each group of paths: it parses a request, calls one use case and returns its response."""
