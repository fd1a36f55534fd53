"""How the figures of a frozen report were made, in plain English, with the papers.

Not here: the figures (workflows/exchange/freezing.py).
"""

METHODS = """# How these figures were made

{citation}

- `names.csv`: a name is *verified* once a person gave or confirmed it, or a name below it, for one
  picture. It is *not proved* once three pictures that a machine gave it were looked at in vain, or
  none is left. Other names wait for somebody to look.
- An **event** is a series of pictures of one deployment that follow each other within {gap}
  seconds, or within the gap that the deployment has itself.
- `rates.csv`: events in 100 trap nights (Rovero and Marshall 2009, *Journal of Applied Ecology*
  46), for the {most} names with most pictures. A trap night is a night between the first and the
  last day of a deployment. Intervals hold 95 %. Where `interval_from` is "deployments", they come
  from how deployments differ: a ratio estimator, its variance by linearisation (Cochran 1977,
  *Sampling Techniques*). Where it is "count", they come from the count alone (Garwood 1936,
  *Biometrika* 28) and are too narrow if visits come in clusters. **No interval counts the errors
  of the machine.**
- `hours.csv`: by the local clock, and by sun time, on which the sun rises at 6 and sets at 18
  (Vazquez et al. 2019, *Methods in Ecology and Evolution* 10).
- `pictures.csv`: who named each picture, how sure the machine was, and the SHA-256 of its file.
  Places are {places}. A picture whose place is hidden has its SHA-256 in `hidden_pictures.csv`, of
  its form without place.
- `models/`: the cards of the models that named pictures: what they learned from, and how often
  they were right where that was measured.

`biosight verify FILE` checks that nothing was changed since. So does `sha256sum -c SHA256SUMS` in
the unpacked folder.
"""


def methods_text(citation: str, hidden: float, gap: int, most: int) -> str:
    """Return the text for a report: `hidden` is the grid of hidden places in degrees, 0 for none,
    `gap` the longest of an event in seconds, and `most` how many names have rates."""
    places = f"coarse to {hidden} degrees where they are hidden" if hidden else "exact"
    return METHODS.format(citation=citation, gap=gap, most=most, places=places)
