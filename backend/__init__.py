"""Everything of Lexun that speaks HTTP, and every table but the ledger's."""

__version__ = "0.1.0"
