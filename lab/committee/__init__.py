"""`quorum backtest --committee`: the graph of a live recommendation at every decision of a backtest."""
