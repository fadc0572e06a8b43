"""The live stream: the table's changes as events, and replays for listeners that were disconnected."""
