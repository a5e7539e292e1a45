"""How webhooks enter: the HTTP endpoint, the envelopes of event buses, and synchronous processing."""
