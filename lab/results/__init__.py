"""Everything that was measured, on one page: the question, the answer, one table, and the command that remakes it."""
