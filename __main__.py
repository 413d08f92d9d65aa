"""``python -m qopt``: the same as the command ``qopt``."""

from .cli import main

if __name__ == "__main__":
    main()
