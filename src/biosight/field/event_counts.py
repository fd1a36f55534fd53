"""How many events show each name.

A picture outside of any deployment counts as one event; one without a time is in none. Names of
further subjects are not counted. Not here: the events themselves (events.py).
"""

from collections import Counter

from biosight.field.events import event_starts
from biosight.field.gaps import Gaps
from biosight.images import Image
from biosight.storage.conditions import living_images
from biosight.storage.records import Records, Where
from biosight.taxa.paths import line_of

NameAt = tuple[str, str]


def events_by_name(
    records: Records, collection: str, gaps: Gaps, *, by_site: bool = False
) -> Counter[NameAt]:
    """Return the events of each label, and with `by_site` of each label at each site; the site is
    "" otherwise. All dated pictures of the collection are read."""
    placed: dict[NameAt, list[tuple[str, str]]] = {}
    events: Counter[NameAt] = Counter()
    where = [*living_images(collection), Where("taken", "!=", ""), Where("label_path", "!=", "")]
    fields = "label_path", "site", "deployment", "taken"
    for values, n in records.tally(Image, where, fields).items():
        path, site, deployment, taken = (str(v) for v in values)
        key = line_of(path)[-1], site if by_site else ""
        if deployment:
            placed.setdefault(key, []).append((deployment, taken))
        else:
            events[key] += n
    for key, pictures in placed.items():
        events[key] += len(event_starts(pictures, gaps))
    return events
