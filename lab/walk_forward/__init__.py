"""Walk-forward evidence on the allocator: five years train, one validate, one test, sliding by a year."""
