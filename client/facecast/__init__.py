"""Client of a Facecast service."""
