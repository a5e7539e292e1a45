"""What listens in on a Locust session: the generator's health, live figures, Locust's own statistics."""
