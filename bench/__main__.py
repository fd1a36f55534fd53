"""Runs every bench, one after the other."""

from bench import likeness, pages, start, uploads, zips

for part in (start, uploads, pages, zips, likeness):
    part.main()
    print()
