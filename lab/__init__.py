"""Experiments: training runs, evaluation, reports."""
