"""Stockstorm: will our Shopify integration oversell?"""

__version__ = "0.1.0"
