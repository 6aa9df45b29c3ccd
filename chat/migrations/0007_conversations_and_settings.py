"""Conversations of the same people are one; rooms are archived, and say who may post."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0006_formatting")]

    operations = [
        migrations.AddField(
            model_name="room",
            name="archived",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="room",
            name="people_key",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=32
            ),
        ),
        migrations.AddField(
            model_name="room",
            name="posting",
            field=models.CharField(
                choices=[("everybody", "everybody"), ("moderators", "only moderators")],
                db_default="everybody",
                default="everybody",
                max_length=10,
            ),
        ),
        migrations.AlterField(
            model_name="room",
            name="name",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddConstraint(
            model_name="room",
            constraint=models.UniqueConstraint(
                condition=models.Q(("kind", "direct")),
                fields=("people_key",),
                name="one_conversation_of_these",
            ),
        ),
    ]
