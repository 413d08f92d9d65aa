"""The command ``qopt``; its parts are in ``commands/``."""

from __future__ import annotations

from .commands.app import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
