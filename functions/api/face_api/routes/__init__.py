"""One module for each group of addresses: it parses a request, calls one use case and returns its response."""
