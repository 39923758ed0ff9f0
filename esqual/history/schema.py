"""The tables, and how an older database becomes one of today: one step per version.

``STEPS[0]`` makes the first tables in an empty database, each further step takes a database one
version on. A step that was released is never edited; what changes is added as a new one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import sqlalchemy as sa

from esqual.errors import EsqualError

__all__ = ["STEPS", "HistoryError", "comparison", "kept_text", "topic_value", "upgrade", "version"]


class HistoryError(EsqualError):
    """The history cannot be read or written; a comparison goes on without it."""


_DIGEST = sa.String(64)
tables = sa.MetaData()
_state = sa.Table(
    "esqual_history",
    tables,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("schema_version", sa.Integer, nullable=False),
)
# one row per candidate; ``batch`` is common to the candidates of one command
comparison = sa.Table(
    "comparison",
    tables,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("batch", sa.String(32), nullable=False),
    sa.Column("created_at", sa.String(32), nullable=False),
    sa.Column("tag", sa.Text, nullable=False),
    sa.Column("mode", sa.String(16), nullable=False),
    sa.Column("verdict", sa.String(16)),
    sa.Column("decision", sa.String(16)),
    sa.Column("measure", sa.Text, nullable=False),
    sa.Column("baseline", sa.Double, nullable=False),
    sa.Column("candidate", sa.Double, nullable=False),
    sa.Column("low", sa.Double),
    sa.Column("high", sa.Double),
    sa.Column("n_topics", sa.Integer, nullable=False),
    sa.Column("engine", sa.Text),
    sa.Column("git_commit", sa.String(64)),
    sa.Column("git_dirty", sa.Boolean),
    sa.Column("topics_digest", _DIGEST, nullable=False),
    sa.Column("judgments_digest", _DIGEST),
    sa.Column("gate_digest", _DIGEST),
    sa.Column("baseline_template_digest", _DIGEST),
    sa.Column("candidate_template_digest", _DIGEST),
    sa.Column("baseline_mapping_digest", _DIGEST),
    sa.Column("candidate_mapping_digest", _DIGEST),
    # JSON: of baseline and candidate, name -> value of the template parameters that were given
    sa.Column("parameters", sa.Text, nullable=False),
    # the JSON of the comparison without its topics, which stand below
    sa.Column("report", sa.Text, nullable=False),
    sa.Index("comparison_test_set", "topics_digest"),
    sqlite_autoincrement=True,
)
# texts of topics, templates, mappings and gates, each once
kept_text = sa.Table(
    "kept_text",
    tables,
    sa.Column("digest", _DIGEST, primary_key=True),
    sa.Column("body", sa.Text, nullable=False),
)
topic_value = sa.Table(
    "topic_value",
    tables,
    sa.Column("comparison_id", sa.ForeignKey("comparison.id"), primary_key=True),
    sa.Column("measure_place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("topic_place", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("query_id", sa.Text, nullable=False),
    sa.Column("baseline", sa.Double, nullable=False),
    sa.Column("candidate", sa.Double, nullable=False),
)

Step = Callable[[sa.Connection], None]


def _first_tables(connection: sa.Connection) -> None:
    tables.create_all(connection)


STEPS: Sequence[Step] = (_first_tables,)


def version(connection: sa.Connection) -> int:
    """The version of the database, 0 for one without our tables."""
    if not sa.inspect(connection).has_table(_state.name):
        return 0
    found = connection.execute(sa.select(_state.c.schema_version)).scalar()
    return 0 if found is None else int(found)


def upgrade(connection: sa.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Take the database to the version that ``steps`` lead to, within the transaction under way.

    Raises HistoryError for a database of a later version.
    """
    now = version(connection)
    if now > len(steps):
        raise HistoryError(
            f"written by a newer esqual (schema {now}, this one knows {len(steps)}); upgrade "
            "esqual, or name another database"
        )
    if now == len(steps):
        return
    for step in steps[now:]:
        step(connection)
    if now == 0:
        connection.execute(_state.insert().values(id=1, schema_version=len(steps)))
    else:
        connection.execute(_state.update().values(schema_version=len(steps)))
