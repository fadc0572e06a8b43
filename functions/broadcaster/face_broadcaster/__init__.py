"""Tells the listeners what has happened."""
