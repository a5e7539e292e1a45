"""The way in: the webhook endpoint, signatures, bus envelopes, and processing inside the request."""
