"""The WebSocket function: connections and requests of listeners."""
