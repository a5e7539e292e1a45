"""Child processes: started, awaited, killed and stopped."""
