"""The fake shop: its catalogue, its ledger of stock, its orders, and what it fires when they change."""
