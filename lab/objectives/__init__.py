"""The three-phase re-test: does asking for an objective give more of it, over years, with costs and taxes?"""
