"""HTTPS for the played APIs: an authority, a proxy for the shop's own domain, and a front process that has both.

Official client libraries insist on `https://{shop}.myshopify.com`. A served shop speaks HTTPS itself. In a run a front
does, as a process of its own, so that the generator's core does not encrypt.
"""
