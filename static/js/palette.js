// The keys that work on every page. Ctrl+K: find a page, a record, an action or another taxpayer. The answers come from the page /t/<gstin>/find/, on a page
// without a GSTIN from /find/. The same pages are the way without scripts.
const gstin = location.pathname.match(/^\/t\/([^/]+)\//)?.[1];
const finding = gstin ? `/t/${gstin}/find/` : '/find/';
// only a person who is signed in has a menu
const signedIn = document.querySelector('header .menu');
const words = document.getElementById('words').dataset;
let dialog, box, list, timer, current = false, asked = 0;

function build() {
  dialog = document.createElement('dialog');
  dialog.className = 'palette';
  dialog.setAttribute('aria-label', words.find);
  dialog.innerHTML = '<div class="pad"><input class="field" type="search" role="combobox" aria-expanded="true" aria-controls="found" autocomplete="off"><div id="found" aria-live="polite"></div></div>';
  document.body.append(dialog);
  box = dialog.querySelector('input');
  box.setAttribute('aria-label', words.findWhat);
  box.placeholder = words.findWhat;
  list = dialog.querySelector('#found');
  box.addEventListener('input', () => { current = false; clearTimeout(timer); timer = setTimeout(ask, 150); });
  dialog.addEventListener('close', () => { clearTimeout(timer); box.value = ''; list.replaceChildren(); });
  dialog.addEventListener('keydown', event => {
    const stops = [box, ...list.querySelectorAll('a')], at = stops.indexOf(document.activeElement);
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      // answers that are about to be replaced would take the focus with them
      if (!current) { box.focus(); return; }
      stops[(at + (event.key === 'ArrowDown' ? 1 : -1) + stops.length) % stops.length].focus();
    } else if (event.key === 'Escape') {
      // a search field would use the first Escape to clear itself
      event.preventDefault();
      dialog.close();
    } else if (event.key === 'Enter' && document.activeElement === box) {
      event.preventDefault();
      stops[1]?.click();
    } else if (event.key !== ' ' && (event.key.length === 1 || event.key === 'Backspace') && !event.ctrlKey && !event.altKey && !event.metaKey) {
      box.focus(); // what is typed on an answer goes on with the search
    }
  });
}

async function ask() {
  const mine = asked += 1;
  current = false;
  const reply = await fetch(`${finding}?q=${encodeURIComponent(box.value)}`, { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' });
  if (!reply.ok || reply.redirected || !dialog.open) return;
  const text = await reply.text();
  if (mine !== asked) return; // more was typed meanwhile
  list.innerHTML = text;
  current = true;
}

document.addEventListener('keydown', event => {
  if (!signedIn || event.key.toLowerCase() !== 'k' || !event.ctrlKey || event.altKey || event.shiftKey) return;
  event.preventDefault();
  if (!dialog) build();
  if (dialog.open) { dialog.close(); return; }
  dialog.showModal();
  box.select();
  ask();
});

// Escape is Cancel, on a page that asks before it acts.
document.addEventListener('keydown', event => {
  if (event.key !== 'Escape' || event.defaultPrevented || document.querySelector('dialog[open], details.drop[open]')) return;
  document.querySelector('[data-escape]')?.click();
});

// "?" shows the keys that work here. The record list and triage have a list of their own (keys.js).
let sheet;
document.addEventListener('keydown', async event => {
  if (event.key !== '?' || !signedIn || event.defaultPrevented || document.querySelector('[data-keys], dialog[open]')) return;
  if (event.target.closest?.('input:not([type="checkbox"], [type="radio"]), textarea, select, [contenteditable]')) return;
  event.preventDefault();
  if (!sheet) {
    const reply = await fetch('/me/shortcuts/?at=page', { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' });
    if (reply.status !== 200 || reply.redirected || sheet) return;
    sheet = document.createElement('dialog');
    sheet.setAttribute('aria-labelledby', 'keys-title');
    sheet.innerHTML = await reply.text();
    document.body.append(sheet);
    document.dispatchEvent(new Event('ims:swapped'));
  }
  if (!sheet.open) sheet.showModal();
});
