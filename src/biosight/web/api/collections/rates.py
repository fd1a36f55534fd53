"""API: a collection's trap nights, and how often a name was seen in a hundred of them."""

from fastapi import APIRouter
from pydantic import BaseModel

from biosight.field.activity import busiest
from biosight.field.effort import efforts_of
from biosight.field.gaps import gaps_among
from biosight.field.rates import NameRates, Rate, rates_of
from biosight.places import Deployment, Site
from biosight.storage.records import Where, find_all
from biosight.taxa.paths import line_of
from biosight.web.access.deps import MayLook, Open, Store
from biosight.web.access.rights import hides_places
from biosight.web.schemas.filters import TreePaths

router = APIRouter(tags=["places"])
SHOWN = 4


class RateOut(BaseModel):
    """Events in `nights` trap nights; `rate` is for 100 of them, `low` and `high` the ends of its
    95 % interval. `by` is "deployments" where it comes from how deployments differ, and "count"
    where it comes from the count alone, which is too narrow if visits come in clusters."""

    events: int
    nights: int
    rate: float
    low: float
    high: float
    by: str


class SiteRateOut(RateOut):
    """The rate at one site."""

    site: str
    name: str


class MonthRateOut(RateOut):
    """The rate in one month (YYYY-MM)."""

    month: str


class NameRatesOut(BaseModel):
    """The rates of a name and all below it. `outside` counts pictures without a deployment,
    and events of deployments without dates: they have no effort."""

    path: str
    label: str
    whole: RateOut
    sites: list[SiteRateOut]
    months: list[MonthRateOut]
    outside: int


class RatesOut(BaseModel):
    """Effort and rates of a collection. `undated` counts deployments without dates. Where the
    collection hides places from you, `sites` of its names are empty and `sites_hidden` is set."""

    deployments: int
    undated: int
    sites: int
    nights: int
    first: str
    last: str
    sites_hidden: bool
    names: list[NameRatesOut]


@router.get("/collections/{collection}/rates")
def show_rates(access: MayLook, biosight: Open, records: Store, under: TreePaths = ()) -> RatesOut:
    """Show effort, and events in 100 trap nights by name, site and month.

    `under` takes up to twelve paths of the tree of names. Without it, these are the four paths
    that most pictures have.
    """
    c = access.collection
    here = [Where("collection", "=", c.id)]
    deployments = find_all(records, Deployment, here)
    efforts = efforts_of(records, c.id, deployments)
    chosen = under or tuple(busiest(records, c.id, SHOWN))
    gaps = gaps_among(c, deployments)
    hidden = hides_places(access, biosight, records)
    sites = {} if hidden else {s.id: s.name for s in find_all(records, Site, here)}
    found = [rates_of(records, c.id, path, gaps, efforts) for path in chosen]
    return RatesOut(
        deployments=len(efforts),
        undated=len(deployments) - len(efforts),
        sites=len({e.site for e in efforts if e.site}),
        nights=sum(e.nights() for e in efforts),
        first=min((e.first for e in efforts), default=""),
        last=max((e.last for e in efforts), default=""),
        sites_hidden=hidden,
        names=[name_rates_out(one, sites) for one in found],
    )


def name_rates_out(found: NameRates, sites: dict[str, str]) -> NameRatesOut:
    """Return a name's rates as the API shows them, with the sites whose names are given."""
    return NameRatesOut(
        path=found.path,
        label=(line_of(found.path) or ("",))[-1],
        whole=rate_out(found.whole),
        sites=[
            SiteRateOut(site=site, name=sites[site], **rate_out(rate).model_dump())
            for site, rate in found.sites.items()
            if site in sites
        ],
        months=[
            MonthRateOut(month=month, **rate_out(rate).model_dump())
            for month, rate in found.months.items()
        ],
        outside=found.outside,
    )


def rate_out(rate: Rate) -> RateOut:
    """Return a rate as the API shows it."""
    return RateOut(
        events=rate.events,
        nights=rate.nights,
        rate=round(rate.rate, 3),
        low=round(rate.low, 3),
        high=round(rate.high, 3),
        by=rate.by,
    )
