"""What waits is counted by subtracting, not by looking at every message; unused indexes go."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

NUMBER = """
UPDATE chat_message SET number = counted.number
FROM (
    SELECT id, ROW_NUMBER() OVER (PARTITION BY room_id ORDER BY seq) AS number FROM chat_message
) AS counted
WHERE counted.id = chat_message.id
"""
POSTED = """
UPDATE chat_room
SET posted = (SELECT COUNT(*) FROM chat_message WHERE chat_message.room_id = chat_room.id)
"""


def take_time(apps, schema_editor):
    # A page has to be answered soon; a large table may be changed for as long as it takes.
    if schema_editor.connection.vendor == "postgresql":
        schema_editor.execute("SET LOCAL statement_timeout = 0")


def count_what_is_there(apps, schema_editor):
    schema_editor.execute(NUMBER)
    schema_editor.execute(POSTED)


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0004_moderators_read_revisions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunPython(take_time, migrations.RunPython.noop),
        migrations.AddField(
            model_name="message",
            name="number",
            field=models.PositiveBigIntegerField(default=0, editable=False),
            preserve_default=False,
        ),
        migrations.AddField(
            model_name="room",
            name="posted",
            field=models.PositiveBigIntegerField(default=0, editable=False),
        ),
        migrations.RunPython(count_what_is_there, migrations.RunPython.noop),
        migrations.AlterField(
            model_name="membership",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="memberships",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="mention",
            name="message",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="chat.message",
            ),
        ),
        migrations.AlterField(
            model_name="mention",
            name="user",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="room",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="messages",
                to="chat.room",
            ),
        ),
        migrations.AlterField(
            model_name="message",
            name="sender",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="messages",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AlterField(
            model_name="reaction",
            name="message",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="reactions",
                to="chat.message",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", False)),
                fields=["room", "seq"],
                name="deleted_behind_a_position",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("deleted_at__isnull", True)),
                fields=["sender", "room", "seq"],
                name="own_behind_a_position",
            ),
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(
                fields=["identity"], name="rooms_that_begin", opclasses=["varchar_pattern_ops"]
            ),
        ),
        migrations.AddIndex(
            model_name="room",
            index=models.Index(fields=["identity", "id"], name="rooms_by_name"),
        ),
    ]
