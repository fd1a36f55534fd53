"""Choosing a label in the dialog, as people do."""

import re

from playwright.sync_api import Page


def name_it(page: Page, label: str) -> None:
    """Type a label and take it: the row of a known one, or that of a new word."""
    page.keyboard.type(label)
    exactly = re.compile(rf"^{re.escape(label)}")
    page.locator("dialog[open] .choices li", has_text=exactly).first.click()
