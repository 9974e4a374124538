from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('gstr2b', '0007_help_texts'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='reversal37a',
            options={'verbose_name': 'reversal under Rule 37A', 'verbose_name_plural': 'reversals under Rule 37A'},
        ),
    ]
