from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('returns', '0004_lapsed_iff'),
    ]

    operations = [
        migrations.AlterModelOptions(
            name='addback',
            options={'verbose_name': 'tax added back', 'verbose_name_plural': 'taxes added back'},
        ),
        migrations.AlterModelOptions(
            name='gstr3b',
            options={'ordering': ['-period'], 'verbose_name': 'GSTR-3B', 'verbose_name_plural': 'GSTR-3B returns'},
        ),
    ]
