"""Shipped weights, each with the card that its training command wrote."""
