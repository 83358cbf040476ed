"""The doors: command line, and what it shows."""
