"""Real people: what the profiler understood of them, and how it ranked four shares for them."""
