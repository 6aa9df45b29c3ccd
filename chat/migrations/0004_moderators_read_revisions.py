"""Moderators may look at what a message said before it was edited."""

from importlib import import_module

from django.db import migrations

moderators = import_module("chat.migrations.0002_moderators")


def revisions(apps):
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=moderators.NAME)
    return group, moderators.permission(apps, "chat", "messagerevision", "view")


def grant(apps, schema_editor):
    group, permission = revisions(apps)
    group.permissions.add(permission)


def revoke(apps, schema_editor):
    group, permission = revisions(apps)
    group.permissions.remove(permission)


class Migration(migrations.Migration):
    dependencies = [("chat", "0003_changes_and_standing")]

    operations = [migrations.RunPython(grant, revoke)]
