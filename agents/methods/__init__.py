"""The ways from what the committee knows to weights before limits."""
