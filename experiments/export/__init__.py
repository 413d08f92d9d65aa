"""Rows of sweeps in the formats of others: tables, QOBLIB submissions, IOHprofiler data."""
