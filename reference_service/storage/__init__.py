"""PostgreSQL: connections, the schema, and the tables that several parts of the service use."""
