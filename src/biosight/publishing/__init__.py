"""Export of pictures and facts: tables, zips, and standard formats."""
