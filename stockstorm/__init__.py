"""Stockstorm: will our Shopify integration oversell?

The public API is loaded on first use, so that `import stockstorm` is quick and does not import the load generator.
`__init__.pyi` has the same names for type checkers; `stockstorm.api` has the code.
"""

from importlib import import_module

__version__ = "0.1.0"
__all__ = ["History", "Result", "Scenario", "StockstormError", "__version__", "judge", "read_history", "run"]


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("stockstorm.api"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
