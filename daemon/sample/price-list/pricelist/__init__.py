"""Price list and invoices of a small tea and coffee shop."""

__version__ = "0.3.0"
