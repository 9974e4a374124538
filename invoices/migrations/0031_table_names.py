from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('invoices', '0030_extension_days'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='actionbatch',
            options={'ordering': ['-id'], 'verbose_name_plural': 'action batches'},
        ),
        migrations.AlterModelOptions(
            name='desktally',
            options={'verbose_name_plural': 'desk tallies'},
        ),
        migrations.AlterModelOptions(
            name='guesses',
            options={'verbose_name': 'count of guesses', 'verbose_name_plural': 'counts of guesses'},
        ),
        migrations.AlterModelOptions(
            name='journalentry',
            options={'ordering': ['-id'], 'verbose_name_plural': 'journal entries'},
        ),
    ]
