"""Options and helpers that commands share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import click

from esqual.config import SETTINGS, resolve_connection, resolve_mapping
from esqual.errors import EngineError, EngineUnavailableError

if TYPE_CHECKING:
    from elasticsearch import ApiError, Elasticsearch

    from esqual.engine.connection import Connection
    from esqual.enrich import Enrichment

__all__ = [
    "TEXT",
    "engine_client",
    "engine_connection",
    "engine_option",
    "full_engine_option",
    "index_option",
    "json_option",
    "local_enrichments",
    "mapping_option",
    "parameters_option",
]

_F = TypeVar("_F", bound=Callable[..., Any])


class _Text(click.ParamType[str]):
    """Text of a command-line argument; bytes that are not UTF-8 are a usage error."""

    name = "text"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        try:
            str(value).encode()
        except UnicodeEncodeError:
            self.fail("not UTF-8; check the encoding of the terminal", param, ctx)
        return str(value)


TEXT = _Text()


_META = "esqual.engine"


def engine_option(command: _F) -> _F:
    """``--engine URL`` and, not in the help, the options of servers (docs/connecting.md)."""
    return _engine_options(command, hidden=True)


def full_engine_option(command: _F) -> _F:
    """``--engine URL`` and the options of servers, in the help too."""
    return _engine_options(command, hidden=False)


def _engine_options(command: _F, hidden: bool) -> _F:
    def keep(context: click.Context, parameter: click.Parameter, value: Any) -> None:
        context.meta.setdefault(_META, {})[parameter.name] = value

    for setting in reversed(SETTINGS):
        command = click.option(
            setting.flag,
            setting.name,
            metavar=setting.metavar,
            type=click.FloatRange(min=0, min_open=True) if setting.is_number else TEXT,
            hidden=hidden,
            # `engine_client` takes them up; no command has to pass them on
            expose_value=False,
            callback=keep,
            help=setting.help,
        )(command)
    more = "" if not hidden else " For servers, `esqual doctor --help` lists more options."
    return click.option(
        "--engine",
        metavar="URL",
        type=TEXT,
        help="lucene:PATH (embedded) or http(s)://HOST:PORT, several with commas; else "
        f"ESQUAL_ENGINE, else esqual.toml, else lucene:.esqual.{more}",
    )(command)


def engine_connection(engine: str | None) -> Connection:
    """The engine that ``--engine`` and the other options, environment and settings file name."""
    context = click.get_current_context()
    return resolve_connection(engine, context.meta.get(_META))


def index_option(command: _F) -> _F:
    """``--index NAME``, required."""
    return click.option(
        "--index", "index", required=True, metavar="NAME", type=TEXT, help="Name of the index."
    )(command)


def mapping_option(command: _F) -> _F:
    """``--mapping FILE`` of the query side."""
    return click.option(
        "--mapping",
        metavar="FILE",
        type=click.Path(),
        help="Mapping file that declares the enrichments a template names, such as {{pairs}}; "
        "else ESQUAL_MAPPING, else esqual.toml.",
    )(command)


def local_enrichments(mapping: str | None) -> tuple[Enrichment, ...]:
    """The enrichments that the flag, the environment or the settings file declares."""
    path = resolve_mapping(mapping)
    if path is None:
        return ()
    from esqual.indexing import read_index_body

    return read_index_body(path).enrichments


def json_option(command: _F) -> _F:
    """``--json``."""
    return click.option(
        "--json", "as_json", is_flag=True, help="Print JSON with stable keys instead of text."
    )(command)


def parameters_option(flag: str, name: str, help: str) -> Callable[[_F], _F]:
    """An option ``NAME=VALUE`` that may be repeated; the command gets a mapping."""

    def read(
        context: click.Context, parameter: click.Parameter, values: tuple[str, ...]
    ) -> Mapping[str, str]:
        pairs: dict[str, str] = {}
        for value in values:
            key, separator, rest = value.partition("=")
            if not separator or not key:
                raise click.BadParameter(f"{value!r} is not NAME=VALUE", context, parameter)
            if key in pairs:
                raise click.BadParameter(f"{key!r} is given twice", context, parameter)
            pairs[key] = rest
        return pairs

    return click.option(
        flag, name, multiple=True, metavar="NAME=VALUE", type=TEXT, callback=read, help=help
    )


@contextmanager
def engine_client(engine: str | None) -> Iterator[Elasticsearch]:
    """The client that ``--engine`` and the settings name, closed at the end.

    What the engine refuses and what cannot be reached leaves as EngineError, with the engine's
    URL and what to try.
    """
    connection = engine_connection(engine)
    import esqual

    client = esqual.connect(connection)
    import elasticsearch

    from esqual.engine.refusals import explain_unreachable

    try:
        yield client
    except elasticsearch.ApiError as error:
        _refused(error, client, connection)
    except elasticsearch.TransportError as error:
        raise EngineUnavailableError(explain_unreachable(error, connection)) from error
    finally:
        client.close()


def _refused(error: ApiError, client: Elasticsearch, connection: Connection) -> NoReturn:
    import elasticsearch

    from esqual.engine.refusals import explain_not_let_in
    from esqual.indexing.body import describe_api_error

    body = error.body if isinstance(error.body, dict) else {}
    cause = body.get("error")
    cause = cause if isinstance(cause, dict) else {}
    if cause.get("type") == "index_not_found_exception":
        name = cause.get("index") or cause.get("resource.id")
        raise EngineError(
            f"there is no index {name!r} in {connection}; {_known_indices(client)}"
        ) from error
    rights = explain_not_let_in(error, connection)
    if rights is not None:
        raise EngineError(rights) from error
    if isinstance(error, elasticsearch.UnsupportedProductError):
        raise EngineError(
            f"what answers at {connection} is neither Elasticsearch nor OpenSearch; is the URL "
            "right (--engine, ESQUAL_ENGINE)?"
        ) from error
    if 300 <= error.status_code < 400:
        raise EngineError(
            f"{connection} sends elsewhere (status {error.status_code}), and no rights are sent "
            "to an address that you did not name; write the URL of the engine itself"
        ) from error
    raise EngineError(
        f"the engine refuses the request (status {error.status_code}): {describe_api_error(error)}"
    ) from error


def _known_indices(client: Elasticsearch) -> str:
    import elasticsearch

    try:
        names = sorted(n for n in client.indices.get(index="*").body if not n.startswith("."))
    except (elasticsearch.ApiError, elasticsearch.TransportError):
        return "make it with: esqual index"
    if not names:
        return "there is none yet; make it with: esqual index"
    more = ", …" if len(names) > 10 else ""
    return f"there are: {', '.join(names[:10])}{more}"
