"""Search over dated passages: exact vectors and BM25, fused, the same to the bit whatever is dated later."""
