"""Customers see every price on the public page."""

import csv
import unittest
from html.parser import HTMLParser
from pathlib import Path

import pricelist

ROOT = Path(__file__).resolve().parent.parent


class Cells(HTMLParser):
    """The text of each table row of a page."""

    def __init__(self):
        super().__init__()
        self.rows, self.text, self.in_cell = [], "", False

    def handle_starttag(self, tag, attrs):
        if tag == "tr":
            self.rows.append([])
        self.in_cell = tag in ("td", "th")
        if self.in_cell:
            self.rows[-1].append("")

    def handle_endtag(self, tag):
        self.in_cell = False

    def handle_data(self, data):
        self.text += data
        if self.in_cell:
            self.rows[-1][-1] += data


class Page(unittest.TestCase):
    def setUp(self):
        path = ROOT / "public" / "index.html"
        self.assertTrue(path.is_file(), "public/index.html is missing")
        self.page = Cells()
        self.page.feed(path.read_text(encoding="utf-8"))

    def test_every_row_of_the_list_is_on_the_page(self):
        with (ROOT / "prices.csv").open(encoding="utf-8", newline="") as file:
            listed = [list(row.values()) for row in csv.DictReader(file)]
        self.assertEqual(self.page.rows[1:], listed)

    def test_the_page_says_which_list_it_is(self):
        self.assertIn(pricelist.__doc__, self.page.text)
        self.assertIn(pricelist.__version__, self.page.text)
