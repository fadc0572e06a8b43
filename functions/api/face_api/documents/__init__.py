"""The OpenAPI document that /docs shows, and its examples."""
