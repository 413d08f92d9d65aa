"""Algorithm configuration: search spaces from the parts' own fields, Hyperband, AC-Band, and the tuned settings."""
