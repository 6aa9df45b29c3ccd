"""Rows into a table by one statement: what a batch of posts costs is mostly this.

bulk_create resolves every value of every row as an expression, which takes twice as long as all
the rest of storing a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Any, NamedTuple

from django.db import connection, models

# Parameters of one statement stay below what any SQLite of today takes (32,766).
ROWS_A_STATEMENT = 128

Prepare = Callable[[Any, Any], Any]
# Their values are sent as they are.
PLAIN = (models.IntegerField, models.CharField, models.TextField, models.ForeignKey)


class Table(NamedTuple):
    insert: str
    row: str
    # How each column is read from an object, and prepared for the database if it has to be.
    columns: list[tuple[str, Prepare | None]]


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Store new rows of one model, in order, and give them their ids. Within a transaction.

    Sends no signals and looks for no conflicts. Raises what the database raises.
    """
    if not rows:
        return
    table = table_of(type(rows[0]))
    rest = iter(rows)
    with connection.cursor() as cursor:
        while part := list(islice(rest, ROWS_A_STATEMENT)):
            statement = f"{table.insert}{', '.join([table.row] * len(part))} RETURNING id"
            cursor.execute(statement, [value for row in part for value in values(table, row)])
            for row, (pk,) in zip(part, cursor.fetchall(), strict=True):
                row.pk = pk
                row._state.adding = False
                row._state.db = connection.alias


def values(table: Table, row: models.Model) -> Iterator[Any]:
    for name, prepare in table.columns:
        value = getattr(row, name)
        yield prepare(value, connection) if prepare else value


@cache
def table_of(model: type[models.Model]) -> Table:
    fields = [field for field in model._meta.concrete_fields if not field.primary_key]
    names = ", ".join(f'"{field.column}"' for field in fields)
    return Table(
        insert=f'INSERT INTO "{model._meta.db_table}" ({names}) VALUES ',  # noqa: S608 - our own names
        row=f"({', '.join(['%s'] * len(fields))})",
        columns=[
            (field.attname, None if isinstance(field, PLAIN) else field.get_db_prep_save)
            for field in fields
        ],
    )
