"""How much each thing that a client says moves the portfolio: the audit of arXiv 2604.23837, over made-up clients."""
