"""The outside world behind small ports: market data, documents, vector store, language model, caches."""
