"""How well the parts do, in numbers: sentiment, profiles, returns, retrieval and views, by rung and model."""
