"""Records to tables and bars on a terminal."""
