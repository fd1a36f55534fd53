"""How many pictures of a collection likely show each of its names.

Not here: the estimate and its interval (review/likely_counts.py).
"""

from biosight.bootstrap import Catalogue
from biosight.collection import Collection
from biosight.inference.model_files.card import learnt_from
from biosight.review.likely_counts import (
    Counts,
    Population,
    RandomSample,
    counts_by_path,
    population_of,
    sample_of,
)
from biosight.storage.records import Records
from biosight.taxa.paths import counts_below
from biosight.workflows.collection_names import names_in
from biosight.workflows.serving_version import serving_key


def population_in(records: Records, catalogue: Catalogue, collection: Collection) -> Population:
    """Return what the serving version and people say of a collection."""
    names = names_in(records, catalogue, collection)
    teachers = learnt_from(catalogue.locate(serving_key(records, catalogue, collection.model)))
    return population_of(records, collection.id, names.naming, names.accepted, teachers)


def likely_names(
    records: Records, catalogue: Catalogue, collection: Collection
) -> tuple[RandomSample, dict[str, Counts]]:
    """Return the random sample of a collection, and what it tells of each path of names; nothing
    where too few pictures were looked at by chance."""
    population = population_in(records, catalogue, collection)
    sample = sample_of(records, collection.id, population)
    paths = {p for counts in (population.said, population.verified) for p in counts_below(counts)}
    return sample, counts_by_path(sample, sorted(paths))
