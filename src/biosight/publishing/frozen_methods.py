"""How the figures of a frozen report were made, in plain English, with the papers.

Not here: the figures (workflows/exchange/freezing.py).
"""

METHODS = """# How these figures were made

{citation}

- `names.csv`: a name is *verified* once a person gave or confirmed it, or a name below it, for one
  picture. It is *not proved* once three pictures that a machine gave it were looked at in vain, or
  none is left. Other names wait for somebody to look.
- `pictures` and `events` count a name alone in `names.csv`, and with all names below it in
  `rates.csv` and `hours.csv`.
- An **event** is a series of pictures of one deployment that follow each other within {gap}
  seconds, or within the gap that the deployment has itself. A picture without a deployment is one
  event.
- `rates.csv`: events in 100 trap nights (Rovero and Marshall 2009, *Journal of Applied Ecology*
  46), for the {most} names with most pictures. A trap night is a night between the first and the
  last day of a deployment, but those on which people say that its camera did not work. Where any
  place is hidden there are no rates by site. Intervals hold 95 %. Where `interval_from` is
  "deployments", they come from how deployments differ: a ratio estimator, its variance by
  linearisation (Cochran 1977, *Sampling Techniques*). Where it is "count", they come from the count
  alone (Garwood 1936, *Biometrika* 28) and are too narrow if visits come in clusters. **None of
  these intervals counts the errors of the machine.**
- `hours.csv`: by the local clock, and by sun time, on which the sun rises at 6 and sets at 18
  (Vazquez et al. 2019, *Methods in Ecology and Evolution* 10).
- `likely_counts.csv`: how many pictures likely show a name or one below it, from pictures drawn at
  random that people looked at: of those that the machine gave the name, and of all others
  (post-stratification, Cochran 1977; for a yes or no the prediction-powered estimate of
  Angelopoulos et al. 2023, *Science* 382). Intervals (95 %) **count the errors of the machine**:
  two Jeffreys intervals put together by MOVER (Donner and Zou 2012, *Statistical Methods in Medical
  Research* 21). There are no rows where fewer than 30 pictures were looked at by chance.
- `pictures.csv`: who named each picture, how sure the machine was, and the SHA-256 of its file.
  Places are {places}. A picture whose place or people are hidden has its SHA-256 in
  `hidden_pictures.csv`, of the form in which it is given.
- `models/`: the cards of the models that named pictures: what they learned from, and how often
  they were right where that was measured. `report.json` says which file is which model's.

`SHA256SUMS` lists the SHA-256 of each file. Publish the SHA-256 of that list beside the report, as
`biosight freeze` prints it: then nobody can change the report unseen. `biosight verify FILE`
compares the files with the list and prints its SHA-256; so do `sha256sum -c SHA256SUMS` and
`sha256sum SHA256SUMS` in the unpacked folder.
"""


def methods_text(citation: str, hidden: float, gap: int, most: int) -> str:
    """Return the text for a report: `hidden` is the grid of hidden places in degrees, 0 for none,
    `gap` the longest of an event in seconds, and `most` how many names have rates."""
    places = f"coarse to {hidden} degrees where they are hidden" if hidden else "exact"
    return METHODS.format(citation=citation, gap=gap, most=most, places=places)
