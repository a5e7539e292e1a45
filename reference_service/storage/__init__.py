"""PostgreSQL: connections, schema, and the tables that have more than one user."""
