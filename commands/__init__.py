"""The verbs of the command ``qopt``: thin commands over problems, encoders, solvers and experiments."""
