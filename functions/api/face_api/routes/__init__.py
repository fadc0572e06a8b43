"""Each module has the routes for one group of paths. A route parses a request, calls one use case and responds."""
