"""A backtest told to people: one page with pictures, the same in Markdown, JSON for machines, parquet for analysts."""
