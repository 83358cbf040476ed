"""Does advice that knows the client serve the client? The re-test of L-PPR (arXiv 2512.12922)."""
