"""Market data through one port: the bundled history, a folder of files, or Yahoo; all end as one `MarketData`."""
