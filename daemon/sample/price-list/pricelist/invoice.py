"""What a customer pays: lines, value added tax, total."""

from dataclasses import dataclass

from pricelist.catalogue import Item


@dataclass(frozen=True)
class Line:
    """Some of one item."""

    item: Item
    quantity: int

    @property
    def amount(self) -> float:
        """Price of the whole line, without tax."""
        return self.item.price * self.quantity


@dataclass(frozen=True)
class Invoice:
    """Everything one customer bought."""

    lines: tuple[Line, ...]
    vat_rate: float = 0.19

    @property
    def subtotal(self) -> float:
        """Sum of the lines."""
        return sum(line.amount for line in self.lines)

    @property
    def vat(self) -> float:
        """Value added tax, in whole cents."""
        return round(self.subtotal * self.vat_rate, 2)

    @property
    def total(self) -> float:
        """What is to be paid."""
        return self.subtotal + self.vat
