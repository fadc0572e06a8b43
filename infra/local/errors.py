"""What the person at the keyboard is told when something is in the way."""


class LocalError(Exception):
    """A sentence that says what is wrong and what to do."""
