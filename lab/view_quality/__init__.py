"""How good the views are, by persona, model and rung: hits, rank correlation by horizon, calibration, what trading on
them earns, and what the ensemble gains when it weighs voices by their record."""
