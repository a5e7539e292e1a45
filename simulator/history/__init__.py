"""The run's log. `facts` is the closed union; `simulator.journal` writes it; `reports.store` reads it."""
