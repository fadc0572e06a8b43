"""Puts what became of jobs onto an EventBridge bus, for whoever has a rule there."""
