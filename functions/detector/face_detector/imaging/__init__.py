"""Bytes to upright pixels and back: what stands in the file, decoding, orientation, scale, drawing."""
