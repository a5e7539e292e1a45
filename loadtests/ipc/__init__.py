"""How the orchestrator and the generator talk: one JSON line a message over a socket pair."""
