"""The allocator: features, environment, networks, PPO. It receives arrays, never a client of the outside world."""
