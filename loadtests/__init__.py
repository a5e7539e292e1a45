"""Load tests press a scenario on a running service: command line, Locust, subject, database."""
