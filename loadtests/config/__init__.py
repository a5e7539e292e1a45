"""What a user asks for: run and comparison options, their validation, and what a run is handed."""
