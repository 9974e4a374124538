import django.db.models.deletion
from django.db import migrations, models


# what stands in the tables already is counted once; from then on triggers keep the figure (invoices/counters.py)
FILL = """
INSERT INTO invoices_desktally (
    recipient_id, label, decision, section, reverse_charge, claim_period, moved_to, last_claim_period, root_year,
    edited, large, records, value, taxable, igst, cgst, sgst, cess,
    baseline_igst, baseline_cgst, baseline_sgst, baseline_cess,
    reduction_igst, reduction_cgst, reduction_sgst, reduction_cess, folded)
SELECT
    r.recipient_id, r.label, d.label, r.section, r.reverse_charge, r.claim_period, COALESCE(d.moved_to, 0),
    r.last_claim_period, r.root_year, d.cleared_action <> '', r.taxable >= 10000000, COUNT(*), SUM(r.value),
    SUM(r.taxable), SUM(r.igst), SUM(r.cgst), SUM(r.sgst), SUM(r.cess),
    SUM(COALESCE(r.baseline_igst, 0)), SUM(COALESCE(r.baseline_cgst, 0)),
    SUM(COALESCE(r.baseline_sgst, 0)), SUM(COALESCE(r.baseline_cess, 0)),
    SUM(COALESCE(d.reduction_igst, 0)), SUM(COALESCE(d.reduction_cgst, 0)),
    SUM(COALESCE(d.reduction_sgst, 0)), SUM(COALESCE(d.reduction_cess, 0)), true
FROM invoices_record r JOIN invoices_decision d ON d.record_id = r.id
GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11
"""


class Migration(migrations.Migration):

    dependencies = [
        ("invoices", "0007_webhooks"),
    ]

    operations = [
        migrations.CreateModel(
            name='DeskTally',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('label', models.CharField(help_text="The record's facets", max_length=24)),
                ('decision', models.CharField(help_text='Action and answer', max_length=3)),
                ('section', models.CharField(max_length=8)),
                ('reverse_charge', models.BooleanField()),
                ('claim_period', models.IntegerField()),
                ('moved_to', models.IntegerField(help_text='0: not carried')),
                ('last_claim_period', models.IntegerField()),
                ('root_year', models.IntegerField()),
                ('edited', models.BooleanField(help_text="The supplier's edit cleared an action")),
                ('large', models.BooleanField(help_text='Taxable value of ₹1 lakh or more')),
                ('records', models.BigIntegerField()),
                ('value', models.BigIntegerField()),
                ('taxable', models.BigIntegerField()),
                ('igst', models.BigIntegerField()),
                ('cgst', models.BigIntegerField()),
                ('sgst', models.BigIntegerField()),
                ('cess', models.BigIntegerField()),
                ('baseline_igst', models.BigIntegerField()),
                ('baseline_cgst', models.BigIntegerField()),
                ('baseline_sgst', models.BigIntegerField()),
                ('baseline_cess', models.BigIntegerField()),
                ('reduction_igst', models.BigIntegerField()),
                ('reduction_cgst', models.BigIntegerField()),
                ('reduction_sgst', models.BigIntegerField()),
                ('reduction_cess', models.BigIntegerField()),
                ('folded', models.BooleanField(default=False)),
                ('recipient', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='invoices.taxpayer')),
            ],
            options={
                'indexes': [models.Index(fields=['recipient', 'label'], name='tally_by_recipient'), models.Index(condition=models.Q(('folded', False)), fields=['recipient'], name='tally_to_fold')],
            },
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
    ]
