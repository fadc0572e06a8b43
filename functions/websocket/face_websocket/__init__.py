"""The WebSocket function, which handles the connections and requests of listeners."""
