from stockstorm.api import History, Result, Scenario, StockstormError, judge, read_history, run

__version__: str
__all__ = ["History", "Result", "Scenario", "StockstormError", "__version__", "judge", "read_history", "run"]
