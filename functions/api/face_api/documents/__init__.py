"""The contents of /docs and the stream's description: OpenAPI, AsyncAPI and their examples."""
