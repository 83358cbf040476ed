"""Shipped weights, each with a model card made by the training command."""
