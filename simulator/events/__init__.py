"""From an event to the bytes that are sent: payload, signature and request head.

A payload becomes bytes once per event; every subscription, copy and retry sends those same bytes. They hold what
breaks receivers that parse and re-serialise before they check the signature: escaped slashes, raw UTF-8, ids above
2**53, floats with trailing zeros. Fields and headers are those of docs/sources.md, S1 and S8.
"""
