// The keyboard map of the record list, the panel and triage. What each key does comes from the server (data-keys), so
// that moved shortcuts and the sheet behind "?" agree. Keys work only inside those places, never in a field.
const place = document.querySelector('[data-keys]');
const triage = document.querySelector('[data-triage]');
// one line for each key: the name of what it does, and the key, which may be two ("g g")
const keys = Object.fromEntries((place?.dataset.keys || '').split('\n').map(line => /^(\S+) (.+)$/.exec(line))
  .filter(Boolean).map(([, name, key]) => [key, name]));
let pending = '', anchor = null, following = null;
// Keys pressed while the reply to an action is on its way act afterwards, in their order. If the reply is a question
// about remarks, they are typed into its field.
const waiting = [];

// a record of the list, or a line of the list grouped by supplier
const LINE = '#records tbody[id], [data-groups] tbody > tr';
const bodies = () => [...document.querySelectorAll(LINE)];
const link = body => body?.querySelector('.c-doc > a, [data-groups] th > a');
const panel = () => document.getElementById('panel');
const here = () => {
  const own = document.activeElement?.closest?.(LINE);
  if (own) return own;
  const shown = panel()?.dataset.pk;
  return shown ? document.getElementById(`r${shown}`) : null;
};

function go(body, open = false) {
  const target = link(body);
  if (!target) return;
  target.focus();
  body.scrollIntoView({ block: 'nearest' });
  if (open || (panel() && !panel().hidden)) document.dispatchEvent(new CustomEvent('ims:open', { detail: { link: target, keep: !open } }));
}

function step(by) {
  const all = bodies(), at = all.indexOf(here());
  go(at < 0 ? all[0] : all[Math.min(Math.max(at + by, 0), all.length - 1)]);
}

function extend(by) {
  const all = bodies(), at = all.indexOf(here());
  if (at < 0) return;
  if (anchor === null) anchor = at;
  const to = Math.min(Math.max(at + by, 0), all.length - 1);
  const low = Math.min(anchor, to), high = Math.max(anchor, to);
  all.forEach((body, n) => tick(body, n >= low && n <= high));
  go(all[to]);
}

function tick(body, on) {
  const box = body?.querySelector('input[name="pick"]');
  if (!box) return;
  box.checked = on ?? !box.checked;
  box.dispatchEvent(new Event('change', { bubbles: true }));
}

const acts = (body, letter) => body?.querySelector(`button[name="act"][value^="${letter}."]`);

function act(letter) {
  const body = here();
  if (!body) return;
  const many = body.querySelector('[name="pick"]:checked') && document.querySelector(`#pick [name="action"][value="${letter}"]`);
  if (many) { document.getElementById('scope').value = 'ticked'; many.click(); return; }
  const all = body.querySelector(`button[name="action"][value="${letter}"]`); // all records of a supplier
  if (all) { all.click(); return; }
  const radio = body.querySelector(`input[type="radio"][value="${letter}"]`);
  if (radio) { radio.click(); radio.focus(); go(body); if (!place.dataset.stay) step(1); return; }
  const again = acts(body, letter)?.getAttribute('aria-pressed') === 'true';
  const button = acts(body, again ? 'N' : letter);
  if (!button && letter === 'N' && acts(body, 'A') && !body.querySelector('[name="act"][aria-pressed="true"]')) {
    document.dispatchEvent(new CustomEvent('ims:tell', { detail: words.nothingToUndo }));
    return;
  }
  if (!button) { body.querySelector('[popovertarget]')?.focus(); say(body.querySelector('.whynote > span')?.textContent); return; }
  follows(body);
  following.asks = !again && /[RP]/.test(letter);
  document.querySelector('.because:popover-open')?.hidePopover();
  button.click();
}

// Where the focus goes once the reply has replaced this row.
function follows(body) {
  const all = bodies();
  following = { row: body, body: body.id, next: place.dataset.stay ? body.id : (all[all.indexOf(body) + 1] || body).id };
}

const words = document.getElementById('words').dataset;
const say = text => { if (text) document.getElementById('live').textContent = text.trim().replace(/\s+/g, ' '); };
const press = id => document.getElementById(id)?.click();
const follow = selector => { const a = document.querySelector(selector); if (a?.href) location.href = a.href; };

function status(letter) {
  const boxes = [...document.querySelectorAll('[data-filters] [name="status"]')];
  for (const box of boxes) box.checked = box.value === letter;
  boxes[0]?.form.requestSubmit();
}

const doing = {
  next: () => step(1), previous: () => step(-1),
  first: () => go(bodies()[0]), last: () => go(bodies().at(-1)),
  next_page: () => follow('.pager [rel="next"]'), previous_page: () => follow('.pager [rel="prev"]'),
  next_section: () => { location.href = place.dataset.nextSection; },
  previous_section: () => { location.href = place.dataset.previousSection; },
  open: () => { const body = here(); if (body?.matches('tr')) link(body).click(); else if (body) go(body, true); },
  A: () => act('A'), R: () => act('R'), P: () => act('P'), N: () => act('N'),
  remark: () => detail('remarks'), declare: () => detail('reduce'), chain: () => detail('chain'),
  why: () => { const why = here()?.querySelector('[popovertarget]'); if (why) { why.click(); say(why.popoverTargetElement.matches(':popover-open') ? why.popoverTargetElement.textContent : ''); } },
  undo: () => press('undo-key'), redo: () => press('redo-key'), save: () => press('save-staged'),
  triage: () => {
    const start = document.getElementById('start-triage'), body = here();
    if (!start) return;
    const to = new URL(start.href);
    if (body) to.searchParams.set('pressed', body.id.slice(1));
    location.href = to;
  },
  select: () => { anchor = null; tick(here()); },
  extend_next: () => extend(1), extend_previous: () => extend(-1),
  all: () => selectAll(),
  search: () => { away(); document.getElementById('q')?.focus(); },
  filters: async () => { away(); const box = document.querySelector('[data-filters] .filterbox'); if (box) { box.open = true; box.querySelector('summary').focus(); await drawn(box); if (box.open) box.querySelector('.several summary, select')?.focus(); } },
  copy: () => { const number = link(here())?.textContent; if (number) navigator.clipboard?.writeText(number).then(() => say(words.copied.replace('{number}', number))); },
  sheet: () => document.querySelector('[data-dialog="#keys"]')?.click(),
};
for (const letter of ['N', 'A', 'R', 'P', '']) doing[`status_${letter}`] = () => status(letter);

function selectAll() {
  const whole = document.querySelector('[data-select-page]');
  if (!whole) return;
  if (whole.checked) { const scope = document.getElementById('scope'); scope.value = 'match'; scope.dispatchEvent(new Event('change', { bubbles: true })); say(scope.selectedOptions[0].textContent); return; }
  whole.click();
}

// Opens the panel at one of its parts.
function detail(part) {
  const body = here();
  if (body) document.dispatchEvent(new CustomEvent('ims:open', { detail: { link: link(body), part } }));
}

// The records that triage has shown, by their number in it: the key for the previous record goes back through them.
const at = Number(triage?.dataset.n);
const shown = () => JSON.parse(sessionStorage.getItem('triage') || '{}');
if (triage) {
  const here = new URL(document.querySelector('.triage [name="asks"]').value, location);
  here.searchParams.set('record', triage.dataset.pk);
  sessionStorage.setItem('triage', JSON.stringify({ ...(at > 1 ? shown() : {}), [at]: here.href }));
}

const inTriage = {
  A: () => press('do-A'), R: () => press('do-R'), P: () => press('do-P'), undo: () => press('do-undo'),
  next: () => press('do-skip'), previous: () => { const before = shown()[at - 1]; if (before) location.href = before; else say(words.firstRecord); }, open: () => press('do-open'), close: () => press('exit'),
  sheet: doing.sheet,
  remark: () => document.querySelector('.triage [name="remarks"]')?.focus(),
  why: () => { const why = document.querySelector('.triage details'); if (why) { why.open = !why.open; say(why.textContent); } },
};

// The page of one record: the keys press its buttons. Escape goes back to the list, as it was if the person came from it.
const lone = place?.dataset.lone;
const button = letter => document.querySelector(`#act-here [name="action"][value="${letter}"]`);
function actHere(letter) {
  const own = button(letter), pressed = own?.getAttribute('aria-pressed') === 'true';
  const to = pressed ? button('N') : own;
  if (to) to.click();
  else if (letter === 'N' && button('A')) document.dispatchEvent(new CustomEvent('ims:tell', { detail: words.nothingToUndo }));
  else say(document.getElementById(`why-${letter}`)?.textContent);
}
const onPage = {
  A: () => actHere('A'), R: () => actHere('R'), P: () => actHere('P'), N: () => actHere('N'),
  remark: () => document.getElementById('remarks')?.focus(), sheet: doing.sheet,
  close: () => {
    const list = place.dataset.back || (/\/ims\/inward\/[^/]+\//.test(document.referrer) ? document.referrer : [...document.querySelectorAll('.crumb a')].at(-1).href);
    location.href = `${list.split('#')[0]}#r${lone}`;
  },
};

const typing = target => target.closest?.('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]');

document.addEventListener('keydown', event => {
  if (!place) return;
  if (event.key === 'Escape' && back(event)) return;
  if (event.defaultPrevented) return;
  if (event.key === 'Escape') return escape(event);
  const busy = underWay();
  const inside = triage || lone || event.target.closest?.('#records, [data-groups], #panel, .selbar, .tools-row') ||
    (event.target === document.body || event.target.matches?.('#main, [data-landed]'));
  if (!inside || typing(event.target) || document.querySelector('dialog[open]')) return;
  // What is typed while a question is on its way belongs into its field. Enter would send a part of it.
  const asked = busy && (following.asks || waiting.some(one => /^[RP]$/.test(one.name)));
  if (asked && !event.ctrlKey && !event.altKey && !event.metaKey && (event.key.length === 1 || /^(Enter|Backspace)$/.test(event.key))) {
    event.preventDefault();
    if (event.key === 'Backspace') waiting.pop();
    else if (event.key !== 'Enter' && !event.repeat) waiting.push({ name: keys[event.key], key: event.key });
    return;
  }
  let name;
  if (event.ctrlKey || event.metaKey || event.altKey) {
    if (!event.ctrlKey || event.altKey || !event.target.closest?.('#records')) return;
    name = keys[`Ctrl+${event.key}`];
    if (name !== 'all') return;
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    if (triage || event.target !== link(here()) || !Object.keys(keys).length) return;
    name = event.key === 'ArrowDown' ? 'next' : 'previous';
  } else if (event.key === 'Enter') {
    if (triage && !event.target.closest('a, button, summary')) name = 'open';
    else return;
  } else {
    const pair = `${pending} ${event.key}`;
    name = keys[pair] || keys[event.key];
    if (!name && Object.keys(keys).some(key => key.startsWith(`${event.key} `))) { pending = event.key; return; }
    pending = '';
  }
  const run = (triage ? inTriage : lone ? onPage : doing)[name];
  if (!run) return;
  event.preventDefault();
  // a key that is held down must not decide one record after the other
  if (event.repeat && /^[ARPN]$/.test(name)) return;
  if (busy) waiting.push({ name, key: '' });
  else run();
});

// True until the reply to the last action has replaced its row and the focus has moved on.
const underWay = () => following && (following.row.ariaBusy === 'true' || !following.row.isConnected);
function goesOn() { while (waiting.length && !underWay()) doing[waiting.shift().name]?.(); }
// A refused action keeps the focus at its record, and the keys after it were meant for other records.
document.addEventListener('ims:failed', () => { waiting.length = 0; });

// Where the keys for the search and the filters were pressed: Escape in them returns there.
let left = null;
function away() { left = here()?.id || ''; }
function back(event) {
  if (left === null || !event.target.closest?.('[data-filters]')) return false;
  const box = event.target.closest('.filterbox');
  if (event.defaultPrevented && (!box || box.open)) return false;
  event.preventDefault();
  if (typing(event.target) && !box) event.target.value = event.target.defaultValue;
  const body = document.getElementById(left) || bodies()[0];
  left = null;
  go(body);
  return true;
}

// Escape closes the innermost open part and sends nothing: it is Cancel. Dialogs and menus close themselves before this.
function escape(event) {
  if (document.querySelector('dialog[open], .because:popover-open')) return;
  const shown = panel() && !panel().hidden;
  const asked = event.target.closest?.('[data-ask]') ||
    (shown && panel().contains(event.target) ? null : document.querySelector('[data-ask]'));
  if (asked) {
    event.preventDefault();
    asked.querySelector('[data-cancel]').click();
  } else if (triage) {
    const cancel = document.getElementById('do-cancel');
    if (cancel) { cancel.click(); return; }
    if (!typing(event.target)) { inTriage.close(); return; }
    event.target.value = event.target.defaultValue;
    document.getElementById('card').focus();
  } else if (lone) {
    if (!typing(event.target)) { onPage.close(); return; }
    event.target.value = event.target.defaultValue;
    event.target.blur();
  } else if (shown) document.dispatchEvent(new Event('ims:close'));
}

// A question that is cancelled accepts no more keys while its row is fetched again. The focus returns to the button that
// asked, or to the record where a key asked.
let asking = null;
document.addEventListener('click', event => {
  const cancel = event.target.closest?.('[data-cancel]');
  const body = cancel?.closest('tbody');
  if (body) {
    cancel.closest('[data-ask]').inert = true;
    document.activeElement.blur();
    following = { row: body, body: body.id, next: body.id, back: asking };
    return;
  }
  const button = event.target.closest?.('button:is([name="act"], [name="action"])');
  if (!button) return;
  asking = event.isTrusted ? button : null;
  const row = event.isTrusted && button.name === 'act' && button.closest('tbody');
  if (row) following = { row, body: row.id, letter: button.value[0] };
}, true);

// After a reply the row is a new one. The focus goes on to the next record, or into what the row asks; it is never lost.
document.addEventListener('ims:swapped', () => {
  // the form must answer to a script before somebody types into it: another part's reply may have come in between
  const fresh = document.querySelector('[data-ask]:not([data-met])');
  if (fresh) {
    fresh.dataset.met = '';
    const typed = waiting.map(one => one.key).join('');
    // the keys after an Accept were meant for other records
    waiting.length = 0;
    const field = following?.asks && following.body === fresh.closest('tbody').id && fresh.querySelector('input[name="remarks"]');
    if (field) field.value += typed;
    if (following?.body === fresh.closest('tbody').id) following = null;
    window.htmx?.process(fresh.closest('tbody'));
    (fresh.querySelector('[type="radio"]:checked') || fresh.querySelector('input[name="remarks"]')).focus();
    return;
  }
  if (!following) return;
  const body = document.getElementById(following.body);
  if (body === following.row) { // the reply is still on its way, or it failed and the question stays
    const kept = body?.querySelector('[data-ask][inert]');
    if (kept && document.querySelector('#toasts .snack')) { kept.inert = false; kept.querySelector('input[name="remarks"]').focus(); following = null; }
    return;
  }
  if (body?.querySelector('[data-ask]')) return;
  const failed = document.querySelector('#toasts [data-failed]');
  const { back, letter } = following;
  // a pressed button is drawn again with its row, and so is the button that asked
  const button = letter ? acts(body, letter) || link(body)
    : back && (back.isConnected ? back : acts(body, back.value[0]));
  if (failed || (following.next === following.body && !place?.dataset.stay)) waiting.length = 0; // there is no next record
  if (letter && document.activeElement !== document.body) following = null; // the person went on meanwhile
  else if (button) button.focus();
  else go(document.getElementById(failed ? following.body : following.next) || body);
  following = null;
  goesOn();
});
document.addEventListener('submit', event => {
  const body = event.target.closest?.('[data-ask]')?.closest('tbody');
  if (body) follows(body);
});
const first = document.querySelector('[data-autofocus]');
// A list that a filter, a search or its grouping drew again begins at its first row, triage leaves to the record it showed.
const LISTED = 'listed', filters = document.querySelector('[data-filters]');
filters?.addEventListener('submit', () => sessionStorage.setItem(LISTED, '1'));
document.addEventListener('click', event => { if (event.target.closest?.('[data-filters] > a, .chips .chip')) sessionStorage.setItem(LISTED, '1'); });
const leftAt = /^#r\d+$/.test(location.hash) && document.querySelector(`#records tbody${location.hash}`);
// the browser goes to the fragment itself after the scripts, and a row takes no focus
if (leftAt) addEventListener('load', () => setTimeout(() => go(leftAt)));
else if (filters && sessionStorage.getItem(LISTED)) {
  const title = document.querySelector('main h1');
  title.tabIndex = -1;
  title.dataset.landed = '';
  (link(bodies()[0]) || title).focus({ preventScroll: true });
}
if (filters) sessionStorage.removeItem(LISTED);
first?.focus({ preventScroll: Boolean(first.closest('[data-triage] > #card')) });
// On a phone the card is taller than the screen. The page begins at what the last action did, or at the counter.
if (first?.id === 'card' && matchMedia('(max-width: 719px)').matches)
  (document.querySelector('main > :is(.bar:not([hidden]), .errsum)') ?? first.parentElement).scrollIntoView({ block: 'start' });
// A folded part of the page is fetched when somebody opens it. Without scripts, its link leads to the page with the part.
const coming = new Map();
function drawn(box) {
  const link = box.querySelector('[data-later]');
  if (!link || !window.htmx) return Promise.resolve();
  if (!coming.has(box)) {
    const reply = window.htmx.ajax('GET', link.href, { source: link, target: link.parentElement, swap: 'outerHTML' });
    coming.set(box, reply.catch(() => {}).finally(() => coming.delete(box)));
  }
  return coming.get(box);
}
for (const link of document.querySelectorAll('[data-later]')) {
  const box = link.closest('details');
  box.addEventListener('toggle', () => { if (box.open) drawn(box); });
}
