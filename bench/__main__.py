"""Runs every bench, one after the other."""

from bench import pages, start, uploads, zips

for part in (start, uploads, pages, zips):
    part.main()
    print()
