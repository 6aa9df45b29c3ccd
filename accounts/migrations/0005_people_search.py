"""People are found by how their names begin."""

from django.db import migrations, models

from accounts.names import NameKeyField, plain

PEOPLE_A_STATEMENT = 500


def take_time(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET LOCAL statement_timeout = 0")


def write_keys(apps, schema_editor):
    people = apps.get_model("accounts", "User").objects
    last = 0
    while part := list(people.filter(pk__gt=last).order_by("pk")[:PEOPLE_A_STATEMENT]):
        for user in part:
            user.name_key = plain(user.display_name or user.username)[:80]
        people.bulk_update(part, ["name_key"])
        last = part[-1].pk


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_invitations")]

    operations = [
        migrations.RunPython(take_time, migrations.RunPython.noop),
        migrations.AddField(
            model_name="user",
            name="name_key",
            field=NameKeyField(db_default="", default="", editable=False, max_length=80),
        ),
        migrations.RunPython(write_keys, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(fields=["name_key", "id"], name="people_by_name"),
        ),
        migrations.AddIndex(
            model_name="user",
            index=models.Index(
                fields=["name_key"], name="people_that_begin", opclasses=["varchar_pattern_ops"]
            ),
        ),
    ]
