"""Of what somebody wants to be told in each of their rooms."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0007_conversations_and_settings")]

    operations = [
        migrations.AddField(
            model_name="membership",
            name="notify",
            field=models.CharField(
                blank=True,
                choices=[
                    ("everything", "Everything"),
                    ("mentions", "Mentions"),
                    ("nothing", "Nothing"),
                ],
                db_default="",
                default="",
                max_length=10,
            ),
        ),
    ]
