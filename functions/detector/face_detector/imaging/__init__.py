"""Bytes to upright pixels and back: header, decoding, orientation, scaling, rendering."""
