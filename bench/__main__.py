"""Run the main benchmarks, one after the other."""

from bench import likeness, pages, reading, start, taxa, uploads, zips

for part in (start, reading, uploads, pages, taxa, zips, likeness):
    part.main()
    print()
