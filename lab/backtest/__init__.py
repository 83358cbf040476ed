"""Strategies by name through raw prices, and the doubts about what came out."""
