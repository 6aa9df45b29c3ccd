"""The index of the search (chat/models/search_rows.py); it fills while the chat runs.

The trigger stands on chat_message: a later migration that makes SQLite write that table anew has
to make it again.
"""

from django.db import migrations

SQLITE = [
    """
CREATE VIRTUAL TABLE chat_messagewords
USING fts5(words, room, tokenize = 'ascii', detail = column)
""",
    """
CREATE TRIGGER chat_message_forgets_words AFTER DELETE ON chat_message
BEGIN DELETE FROM chat_messagewords WHERE rowid = old.id; END
""",
]
POSTGRESQL = [
    "CREATE TABLE chat_messagewords (rowid bigint PRIMARY KEY, words tsvector NOT NULL)",
    "CREATE INDEX chat_messagewords_words ON chat_messagewords USING gin (words)",
    """
CREATE FUNCTION chat_message_forgets_words() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN DELETE FROM chat_messagewords WHERE rowid = old.id; RETURN NULL; END $$
""",
    """
CREATE FUNCTION chat_messages_forget_words() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN TRUNCATE chat_messagewords; RETURN NULL; END $$
""",
    """
CREATE TRIGGER chat_message_forgets_words AFTER DELETE ON chat_message
FOR EACH ROW EXECUTE FUNCTION chat_message_forgets_words()
""",
    """
CREATE TRIGGER chat_messages_forget_words AFTER TRUNCATE ON chat_message
FOR EACH STATEMENT EXECUTE FUNCTION chat_messages_forget_words()
""",
]


def has_fts5(connection):
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM pragma_module_list WHERE name = 'fts5'")
        return cursor.fetchone() is not None


def make(apps, schema_editor):
    connection = schema_editor.connection
    if connection.vendor == "sqlite" and not has_fts5(connection):
        return
    for statement in SQLITE if connection.vendor == "sqlite" else POSTGRESQL:
        schema_editor.execute(statement)


def drop(apps, schema_editor):
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER IF EXISTS chat_message_forgets_words")
    else:
        for function in ("chat_message_forgets_words", "chat_messages_forget_words"):
            schema_editor.execute(f"DROP FUNCTION {function} CASCADE")
    schema_editor.execute("DROP TABLE IF EXISTS chat_messagewords")


class Migration(migrations.Migration):
    dependencies = [("chat", "0012_words")]

    operations = [migrations.RunPython(make, drop)]
