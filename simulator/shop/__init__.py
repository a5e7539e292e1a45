"""The simulated shop: stock ledger, orders, subscriptions, and the events that changes fire."""
