"""From an event to the bytes that are sent: payload and signature.

A payload is encoded once per event. Every subscription, copy and retry sends the same bytes. They contain escaped
slashes, raw UTF-8, ids above 2**53 and floats with trailing zeros, so a receiver that parses and re-serialises before
it checks the signature fails. The fields are those of docs/sources.md, S1 and S8.
"""
