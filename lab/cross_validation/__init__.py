"""Combinatorially purged cross-validation: is choosing, or learning, worth anything on days that neither has seen?"""
