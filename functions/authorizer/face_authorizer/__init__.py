"""The authorizer of both APIs, which checks keys for HTTP and tickets for the stream."""
