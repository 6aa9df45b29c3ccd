"""Messages with their formatting; 0011 makes that of those that were there before."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0005_counting")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="html",
            field=models.TextField(blank=True, db_default="", default="", editable=False),
        ),
    ]
