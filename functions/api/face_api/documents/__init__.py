"""What /docs and the stream's description show: OpenAPI, AsyncAPI and their examples."""
