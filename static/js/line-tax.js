// The form of a document: when a taxable value or a rate changes, the tax of the line follows, unless the person typed
// that tax. The page says which of the two happened. The server does the same for a form that is sent without scripts.
const form = document.getElementById('document');
const notes = document.querySelector('[data-line-notes]');
const HEADS = ['igst', 'cgst', 'sgst'];
const field = (part, nth) => form.elements[`${part}_${nth}`];
// A note must not move a button away between the press and the release of the pointer: the press would be lost.
let pressed = false;
addEventListener('pointerdown', () => { pressed = true; }, true);
for (const end of ['pointerup', 'pointercancel']) addEventListener(end, () => { pressed = false; }, true);
const afterPress = act => { if (pressed) addEventListener('pointerup', () => setTimeout(act), { once: true }); else act(); };

// Rupees as typed to paise, or null. Whole numbers only: money is never a fraction.
function paise(text) {
  const found = /^₹?\s*([\d,]+)(?:\.(\d{1,2}))?$/.exec(text.trim());
  return found ? BigInt(found[1].replaceAll(',', '')) * 100n + BigInt((found[2] || '').padEnd(2, '0')) : null;
}

const rupees = amount => `${amount / 100n}.${String(amount % 100n).padStart(2, '0')}`;

function compute(nth) {
  const taxable = paise(field('taxable', nth).value), rate = field('rate', nth).value;
  if (taxable === null || !rate) return false;
  const share = taxable * BigInt(rate) * (form.elements.concessional?.checked ? 65n : 100n);
  const half = (share + 1_000_000n) / 2_000_000n;
  const given = { igst: (share + 500_000n) / 1_000_000n, cgst: half, sgst: half };
  // the heads of the tax that stands there stay its heads; a line without tax is left to the server
  const heads = HEADS.filter(head => paise(field(head, nth).value) > 0n);
  for (const head of heads) field(head, nth).value = rupees(given[head]);
  return heads.length > 0;
}

// The row of totals follows the typing. A text that is no amount leaves the total as it is until it is one.
function total() {
  for (const cell of document.querySelectorAll('[data-sum]')) {
    const typed = [...form.elements].filter(one => one.name.startsWith(`${cell.dataset.sum}_`)).map(one => paise(one.value || '0'));
    if (typed.includes(null)) continue;
    const sum = typed.reduce((before, one) => before + one, 0n);
    cell.textContent = `${(sum / 100n).toLocaleString('en-IN')}.${String(sum % 100n).padStart(2, '0')}`;
  }
}

form?.addEventListener('input', event => {
  const [, part, nth] = /^(\w+)_(\d+)$/.exec(event.target.name) || [];
  if (HEADS.includes(part)) field('taxable', nth).dataset.typed = '1';
  total();
});
form?.addEventListener('change', event => {
  const [, part, nth] = /^(\w+)_(\d+)$/.exec(event.target.name) || [];
  if (part !== 'taxable' && part !== 'rate') return;
  const typed = field('taxable', nth).dataset.typed;
  if (typed || compute(nth)) afterPress(() => { notes.textContent = notes.dataset[typed ? 'typed' : 'computed'].replace('{n}', Number(nth) + 1); });
  total();
});
