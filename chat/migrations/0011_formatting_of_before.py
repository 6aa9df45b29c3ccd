"""Messages that were there before get their formatting.

A part at a time, each with a short transaction of its own: the table is never held, and those who
write meanwhile wait for nobody. Begun anew after a cut, it goes on with what has none.
"""

from django.db import migrations, transaction

from chat import markup

MESSAGES_AT_ONCE = 500


def format_what_is_there(apps, schema_editor):
    alias = schema_editor.connection.alias
    messages = apps.get_model("chat", "Message").objects.using(alias)
    plain = messages.filter(html="", deleted_at=None).order_by("pk").only("text", "mentions")
    latest = 0
    while part := list(plain.filter(pk__gt=latest)[:MESSAGES_AT_ONCE]):
        latest = part[-1].pk
        htmls = [(message, formatted(message)) for message in part]
        with transaction.atomic(using=alias):
            for message, html in htmls:
                if html:
                    # Unless somebody edited it just now.
                    messages.filter(pk=message.pk, html="", text=message.text).update(html=html)


def formatted(message):
    """With those as mentions who were found to be when it was posted; empty: it needs none."""
    if not markup.needs_markup(message.text):
        return ""
    html = markup.render(message.text)
    by_key = {username.casefold(): username for username in message.mentions}
    names = markup.names_in(message.text, html)
    known = {name: by_key[name.casefold()] for name in names if name.casefold() in by_key}
    return markup.settled(message.text, html, known)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [("chat", "0010_invitations")]

    operations = [migrations.RunPython(format_what_is_there, migrations.RunPython.noop)]
