"""Do four experts take away the conflict between six objectives? Measured on trained policies."""
