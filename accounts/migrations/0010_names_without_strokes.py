from functools import reduce
from operator import or_
from typing import Any

from django.db import migrations
from django.db.models import Q

# As accounts.names had them when this was written.
WITHOUT_STROKE = str.maketrans(
    {"ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i"}
    | {"æ": "ae", "œ": "oe", "þ": "th"}
)
KEY_CHARS = 80


def take_time(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET LOCAL statement_timeout = 0")


def take_strokes_away(apps: Any, schema_editor: Any) -> None:
    """Who has such a letter in their name is found without it from now on."""
    users = apps.get_model("accounts", "User").objects.using(schema_editor.connection.alias)
    has_one = reduce(or_, (Q(name_key__contains=chr(letter)) for letter in WITHOUT_STROKE))
    for key, name_key in list(users.filter(has_one).values_list("pk", "name_key")):
        users.filter(pk=key).update(name_key=name_key.translate(WITHOUT_STROKE)[:KEY_CHARS])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0009_help_texts"),
    ]

    operations = [
        migrations.RunPython(take_time, migrations.RunPython.noop, elidable=True),
        migrations.RunPython(take_strokes_away, migrations.RunPython.noop, elidable=True),
    ]
