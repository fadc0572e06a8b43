"""The live stream: events from the table's changes, and replays for listeners that were disconnected."""
