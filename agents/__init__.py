"""The minds: profiler, analysts, personas, explainer. Each is readable alone."""
