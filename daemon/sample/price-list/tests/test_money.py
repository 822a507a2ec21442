"""Money is exact, and says which money it is."""

import json
import unittest
from dataclasses import fields
from decimal import Decimal
from pathlib import Path

from pricelist.catalogue import Item, load_catalogue
from pricelist.invoice import Invoice, Line

ROOT = Path(__file__).resolve().parent.parent


class Money(unittest.TestCase):
    def setUp(self):
        self.catalogue = load_catalogue(ROOT / "prices.csv")

    def invoice(self, **quantities):
        return Invoice(tuple(Line(self.catalogue[sku], count) for sku, count in quantities.items()))

    def test_every_row_of_the_list_is_an_item(self):
        self.assertEqual(len(self.catalogue), 5)
        self.assertEqual(self.catalogue["CUP-03"].name, "Stoneware cup")

    def test_three_filters_cost_thirty_cents(self):
        self.assertEqual(self.invoice(**{"FLT-04": 3}).subtotal, Decimal("0.30"))

    def test_half_a_cent_of_tax_is_rounded_up(self):
        self.assertEqual(self.invoice(**{"CUP-03": 3}).vat, Decimal("7.13"))

    def test_the_total_is_subtotal_and_tax(self):
        self.assertEqual(self.invoice(**{"CUP-03": 3, "FLT-04": 3}).total, Decimal("44.98"))

    def test_an_empty_invoice_costs_nothing(self):
        self.assertEqual(self.invoice().total, 0)

    def test_an_item_knows_its_currency(self):
        self.assertEqual(getattr(self.catalogue["KTL-05"], "currency", None), "CHF")

    def test_the_schema_describes_an_item(self):
        path = ROOT / "schema" / "item.json"
        self.assertTrue(path.is_file(), "schema/item.json is missing")
        schema = json.loads(path.read_text(encoding="utf-8"))
        self.assertEqual(list(schema["properties"]), [field.name for field in fields(Item)])
        self.assertEqual(schema["properties"]["price"], {"type": "string", "format": "decimal"})
