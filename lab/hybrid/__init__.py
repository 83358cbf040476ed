"""The table of arXiv 2511.17963, a hybrid of LSTM and PPO, rebuilt on real prices with seeds; its forecaster judged."""
