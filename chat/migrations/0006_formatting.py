"""Messages with their formatting; those that were there before get theirs."""

from django.db import migrations, models

from chat import markup

MESSAGES_AT_ONCE = 500


def take_time(apps, schema_editor):
    # A page has to be answered soon; a large table may be changed for as long as it takes.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET LOCAL statement_timeout = 0")


def format_what_is_there(apps, schema_editor):
    messages = apps.get_model("chat", "Message").objects.using(schema_editor.connection.alias)
    latest = 0
    while part := list(
        messages.filter(pk__gt=latest).order_by("pk").only("text", "mentions")[:MESSAGES_AT_ONCE]
    ):
        latest = part[-1].pk
        to_format = [message for message in part if markup.needs_markup(message.text)]
        for message in to_format:
            message.html = formatted(message.text, message.mentions)
        messages.bulk_update([message for message in to_format if message.html], ["html"])


def formatted(text, mentions):
    """With those as mentions who were found to be when it was posted."""
    html = markup.render(text)
    by_key = {username.casefold(): username for username in mentions}
    names = markup.names_in(text, html)
    known = {name: by_key[name.casefold()] for name in names if name.casefold() in by_key}
    return markup.settled(text, html, known)


class Migration(migrations.Migration):
    dependencies = [("chat", "0005_counting")]

    operations = [
        migrations.RunPython(take_time, migrations.RunPython.noop),
        migrations.AddField(
            model_name="message",
            name="html",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
        migrations.RunPython(format_what_is_there, migrations.RunPython.noop),
    ]
