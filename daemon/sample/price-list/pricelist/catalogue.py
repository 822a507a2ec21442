"""What the shop sells: one item a row of the price list."""

import csv
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Item:
    """One thing with a price."""

    sku: str
    name: str
    unit: str
    price: float


def load_catalogue(path: Path) -> dict[str, Item]:
    """Read the price list; the items by their sku."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            row["sku"]: Item(
                sku=row["sku"],
                name=row["name"],
                unit=row["unit"],
                price=float(row["price"]),
            )
            for row in csv.DictReader(file)
        }
