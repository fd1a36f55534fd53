"""biosight serve."""

import signal

import click

from biosight import accounts
from biosight.bootstrap import open_biosight
from biosight.settings import Settings


@click.command()
@click.option("--host", help="Address to listen on (default 127.0.0.1).")
@click.option("--port", type=int, help="Port to listen on (default 8000).")
@click.pass_obj
def serve(settings: Settings, host: str | None, port: int | None) -> None:
    """Serve the web application."""
    from biosight.web.app import create_app
    from biosight.web.server import server

    given = {"host": host, "port": port}
    settings = settings.model_copy(update={k: v for k, v in given.items() if v is not None})
    biosight = open_biosight(settings)
    # uvicorn raises the signal that stopped it once more, when it is done; by then it has been
    # answered, and what is open must still be closed.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: None)
    try:
        greet(settings, first=not accounts.has_users(biosight.archive.records))
        if not settings.loopback and not accounts.has_users(biosight.archive.records):
            code = accounts.first_code(biosight.archive.records)
            click.echo(f"One-time code for the first account (valid a day): {code}", err=True)
        server(create_app(biosight), settings).run()
    finally:
        biosight.close()


def greet(settings: Settings, *, first: bool) -> None:
    """Say where to go."""
    host = "localhost" if settings.loopback else settings.host
    address = settings.public_url or f"http://{host}:{settings.port}"
    what = "create the first account" if first else "sign in"
    click.echo(f"BioSight is at {address} - open it to {what}. Ctrl-C stops it.", err=True)
