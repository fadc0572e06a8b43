"""Converts files to upright pixels and back: header, decoding, orientation, colours, scaling."""
