"""Branches: further inputs of the policy per day and asset, each made by a model of its own that is frozen while the
policy learns. Because the market does not react, a branch is computed once and gathered."""
