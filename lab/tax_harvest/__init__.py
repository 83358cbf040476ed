"""What tax-loss harvesting adds a year, with and without the wash-sale rule."""
