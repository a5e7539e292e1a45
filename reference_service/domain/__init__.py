"""The service's rules as pure functions and values: stock levels, orders, batches, payloads, topics."""
