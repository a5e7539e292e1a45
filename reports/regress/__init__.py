"""Two sets of runs of one service, before and after a change: `regression` compares, `gathered` reads them."""
