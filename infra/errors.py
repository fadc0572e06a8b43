"""The error that ends a command in one sentence for the person at the keyboard."""


class Refused(Exception):
    """A sentence that says what is wrong and what to do."""
