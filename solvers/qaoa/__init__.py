"""QAOA and its variants: settings, circuits, evaluators and samplers."""
