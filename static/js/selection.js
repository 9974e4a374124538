// Ticking rows: one box for the page, Shift for a range, and the bar says how many and how much. Ticks are kept on the
// server, so paging loses none. Without this module the bar works all the same.
const bar = document.querySelector('[data-selection]');
const stage = document.querySelector('[data-stage]');
const whole = document.querySelector('[data-select-page]');
const boxes = () => [...document.querySelectorAll('input[name="pick"]')];
const words = document.getElementById('words').dataset;
const rupees = new Intl.NumberFormat('en-IN', { minimumFractionDigits: 2 });
let last = null, shift = false, timer;

const taxed = some => some.reduce((sum, box) => sum + Number(box.dataset.tax), 0);

function told() {
  const ticked = boxes().filter(box => box.checked), here = boxes().length;
  const others = Math.max(Number(bar.dataset.elsewhere) - Number(bar.dataset.kept || 0), 0), count = ticked.length + others;
  const own = bar.elements.scope.options[0];
  bar.toggleAttribute('data-idle', !count && bar.elements.scope.value === 'ticked');
  own.textContent = count ? `${count} ${count === 1 ? own.dataset.one : own.dataset.some}${others ? ` (${own.dataset.others.replace('{n}', others)})` : ''}` : own.dataset.none;
  bar.querySelector('[data-clear]').hidden = !count;
  // what was kept holds this page's ticks as they stood when it came
  const kind = bar.elements.scope.value;
  // the line above the list says the tax of all that match
  const tax = kind === 'page' ? taxed(boxes()) : taxed(ticked) + Number(bar.dataset.elsewhereTax) - Number(bar.dataset.keptTax || 0);
  bar.querySelector('[data-picked-tax]').textContent = kind === 'page' || (kind === 'ticked' && count) ? words.tickedTax.replace('{amount}', `${tax < 0 ? '\u2212' : ''}₹${rupees.format(Math.abs(tax) / 100)}`) : '';
  if (whole) {
    whole.checked = ticked.length > 0 && ticked.length === here;
    whole.indeterminate = ticked.length > 0 && !whole.checked;
  }
  for (const box of boxes()) box.closest('tr').classList.toggle('on', box.checked);
}

async function send(form, url, step) {
  const data = new FormData(form);
  data.set('step', step);
  const reply = await fetch(url, { method: 'POST', body: data, headers: { 'HX-Request': 'true' }, credentials: 'same-origin' });
  return reply.ok && !reply.redirected ? reply.json() : null;
}

function later(work) { clearTimeout(timer); timer = setTimeout(work, 400); }

if (bar) {
  const kept = boxes().filter(box => box.checked);
  bar.dataset.kept = kept.length;
  bar.dataset.keptTax = taxed(kept);
  if (whole) {
    whole.hidden = false;
    whole.addEventListener('change', () => { for (const box of boxes()) box.checked = whole.checked; changed(); });
  }
  document.addEventListener('click', event => { shift = event.shiftKey; }, true);
  document.addEventListener('change', event => {
    if (event.target.name !== 'pick') return;
    const all = boxes(), at = all.indexOf(event.target);
    if (shift && last !== null) for (let n = Math.min(at, last); n <= Math.max(at, last); n += 1) all[n].checked = event.target.checked;
    last = at;
    changed();
  });
  bar.elements.scope.addEventListener('change', told);
  // a row that was drawn again after its action has lost its tick
  let before = kept.length;
  document.addEventListener('ims:swapped', () => {
    told();
    const left = boxes().filter(box => box.checked).length;
    if (left < before) keep();
    before = left;
  });
  document.addEventListener('change', () => { before = boxes().filter(box => box.checked).length; });
  // Enter on a tick box would send the form by its first button
  document.addEventListener('keydown', event => { if (event.key === 'Enter' && event.target.name === 'pick') event.preventDefault(); });
  bar.addEventListener('submit', () => clearTimeout(timer));
  told();
}

function changed() {
  bar.elements.scope.value = 'ticked';
  told();
  const own = bar.elements.scope.options[0];
  document.getElementById('live').textContent = bar.querySelector('[data-clear]').hidden ? own.dataset.nothing : own.textContent;
  keep();
}

function keep() { later(() => send(bar, bar.getAttribute('action'), 'keep')); }

// Choose first, then save: each choice is kept on the server at once, marked in its row, and asked about on leaving.
if (stage) {
  const label = stage.querySelector('[data-staged]');
  let unsaved = false;
  document.addEventListener('change', event => {
    if (!/^row\d+$/.test(event.target.name || '')) return;
    const row = event.target.closest('tr');
    const was = row.querySelector('input[name^="seen"]').value.split('.').pop();
    row.classList.toggle('unsaved', event.target.value !== was);
    unsaved = true;
    later(async () => {
      const told = await send(stage, stage.dataset.stage, 'keep');
      if (told) { label.textContent = told.count ? words.unsaved.replace('{n}', told.count) : ''; unsaved = false; }
    });
  });
  addEventListener('beforeunload', event => { if (unsaved) event.preventDefault(); });
  stage.addEventListener('submit', () => { unsaved = false; });
}
