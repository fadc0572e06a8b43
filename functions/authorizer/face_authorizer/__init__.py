"""The authorizer of both APIs: keys for HTTP, tickets for the stream."""
