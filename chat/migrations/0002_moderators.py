"""The group of those who moderate through the admin, with exactly the rights that this takes."""

from django.db import migrations

NAME = "Moderators"
RIGHTS = {
    ("accounts", "user"): ["view"],
    ("chat", "room"): ["view"],
    ("chat", "membership"): ["view"],
    ("chat", "message"): ["view", "delete"],
}


def make_group(apps, schema_editor):
    group, _ = apps.get_model("auth", "Group").objects.get_or_create(name=NAME)
    for (app, model), actions in RIGHTS.items():
        group.permissions.add(*(permission(apps, app, model, action) for action in actions))


def permission(apps, app, model, action):
    # Django makes the permissions only after all migrations; these few are needed now.
    kind, _ = apps.get_model("contenttypes", "ContentType").objects.get_or_create(
        app_label=app, model=model
    )
    found, _ = apps.get_model("auth", "Permission").objects.get_or_create(
        content_type=kind,
        codename=f"{action}_{model}",
        defaults={"name": f"Can {action} {model}"},
    )
    return found


def remove_group(apps, schema_editor):
    apps.get_model("auth", "Group").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0001_initial"),
        ("accounts", "0001_initial"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
    ]

    operations = [migrations.RunPython(make_group, remove_group)]
