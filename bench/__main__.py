"""Runs every bench, one after the other."""

from bench import likeness, pages, reading, start, uploads, zips

for part in (start, reading, uploads, pages, zips, likeness):
    part.main()
    print()
