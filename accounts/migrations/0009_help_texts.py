from django.db import migrations, models

import accounts.names


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0008_picture"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="display_name",
            field=accounts.names.DisplayNameField(
                blank=True,
                help_text="What others see beside your messages. Leave it empty to use your username.",
                max_length=80,
                verbose_name="display name",
            ),
        ),
        migrations.AlterField(
            model_name="user",
            name="theme",
            field=models.CharField(
                choices=[("system", "Same as system"), ("light", "Light"), ("dark", "Dark")],
                db_default="system",
                default="system",
                max_length=8,
                verbose_name="appearance",
            ),
        ),
    ]
