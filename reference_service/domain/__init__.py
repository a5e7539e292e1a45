"""The service's rules as pure functions and values, without I/O: stock levels, orders, batches, payloads, topics."""
