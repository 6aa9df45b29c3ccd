from django.db import migrations

import accounts.models


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0007_theme"),
    ]

    operations = [
        migrations.AddField(
            model_name="user",
            name="picture",
            field=accounts.models.PictureField(
                blank=True,
                db_default="",
                default="",
                editable=False,
                max_length=32,
                verbose_name="picture",
            ),
        ),
    ]
