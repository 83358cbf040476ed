"""Does a part of the committee know the answer by heart? Masked worlds, placebo inputs and training dates."""
