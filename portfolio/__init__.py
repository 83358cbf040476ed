"""Pure finance: records, limits, optimisers, backtest, statistics. No I/O, no model, no clock."""
