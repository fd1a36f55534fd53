"""Pictures and facts on their way out: tables, zips, and the standards' formats."""
