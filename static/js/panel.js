// The record beside the list. The panel shows the record's own address as a part of a page; without this module, and
// with a middle click, the link opens the page itself.
const panel = document.getElementById('panel');
const split = panel?.closest('.split-maybe');
const links = () => [...document.querySelectorAll('#records tbody .c-doc > a')];
const narrow = matchMedia('(max-width: 1023px)');
let from = null, asked = 0;

// On a narrow window the panel covers the page: what lies under it cannot be reached, and readers are told so.
function cover() {
  const over = narrow.matches && !panel.hidden;
  for (const part of document.querySelectorAll('body > header, body > footer, main > :not(.split-maybe), .listside')) part.inert = over;
  if (over) { panel.setAttribute('role', 'dialog'); panel.setAttribute('aria-modal', 'true'); }
  else { panel.removeAttribute('role'); panel.removeAttribute('aria-modal'); }
}

async function open(link, { keep = false, part = '' } = {}) {
  from = link;
  const mine = asked += 1;
  panel.setAttribute('aria-busy', 'true');
  try {
    const reply = await fetch(link.href, { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' });
    if (!reply.ok || reply.redirected) throw new Error();
    const text = await reply.text();
    if (mine !== asked) return; // another record was opened meanwhile
    panel.innerHTML = text;
  } catch {
    document.dispatchEvent(new CustomEvent('ims:tell', { detail: document.getElementById('words').dataset.notLoaded }));
    return;
  } finally { panel.removeAttribute('aria-busy'); }
  panel.hidden = false;
  split.classList.add('split');
  cover();
  // the row may have been drawn again meanwhile
  const body = document.getElementById(link.closest('tbody').id);
  if (!body) return;
  link = from = body.querySelector('.c-doc > a');
  panel.dataset.pk = body.id.slice(1);
  document.querySelectorAll('#records .current').forEach(row => row.classList.remove('current'));
  body.querySelector('tr').classList.add('current');
  const all = links(), at = all.indexOf(link);
  panel.querySelector('[data-panel-place]').textContent = `${at + 1} / ${all.length}`;
  window.htmx?.process(panel);
  panel.scrollTop = 0;
  const wanted = part && (panel.querySelector(`#${part}`) || panel.querySelector(`[name="${part}"]:checked`) || panel.querySelector(`[name="${part}"]`));
  if (wanted) { wanted.scrollIntoView({ block: 'nearest' }); (wanted.matches('input, textarea') ? wanted : panel.querySelector('[data-panel-title]')).focus(); }
  else if (!keep) panel.querySelector('[data-panel-title]').focus({ preventScroll: !narrow.matches });
  // the list is wider without the panel: the record of the panel stays in view
  if (!narrow.matches) body.scrollIntoView({ block: 'nearest' });
}

function close() {
  if (panel.hidden) return;
  const body = document.getElementById(`r${panel.dataset.pk}`);
  panel.hidden = true;
  panel.replaceChildren();
  delete panel.dataset.pk;
  split.classList.remove('split');
  cover();
  document.querySelectorAll('#records .current').forEach(row => row.classList.remove('current'));
  (body?.querySelector('.c-doc > a') || from)?.focus();
}

if (panel) {
  narrow.addEventListener('change', cover);
  document.addEventListener('click', event => {
    const link = event.target.closest('tbody .c-doc > a');
    if (link && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) { event.preventDefault(); open(link); return; }
    if (event.target.closest('[data-panel-close]')) { close(); return; }
    const step = event.target.closest('[data-panel-step]');
    if (step) {
      const all = links(), at = all.findIndex(a => a.closest('tbody').id === `r${panel.dataset.pk}`);
      const next = all[at + Number(step.dataset.panelStep)];
      if (next) open(next);
    }
  });
  document.addEventListener('ims:open', event => open(event.detail.link, event.detail));
  document.addEventListener('ims:close', close);
  // a question asked in the row would stand under the sheet
  document.addEventListener('ims:swapped', () => {
    const asked = document.querySelector('#records [data-ask]');
    if (!asked || panel.hidden || !narrow.matches) return;
    close();
    asked.querySelector('[type="radio"]:checked, input[name="remarks"]')?.focus();
    asked.scrollIntoView({ block: 'center' });
  });
  // an action on the record that is shown: what the panel says is drawn again, the focus stays where it is
  document.body.addEventListener('ims:acted', async event => {
    const ids = (event.detail?.records || []).map(String);
    if (event.detail?.redraw) for (const id of ids) await redraw(id);
    if (panel.hidden || !ids.includes(panel.dataset.pk)) return;
    const link = document.querySelector(`#r${panel.dataset.pk} .c-doc > a`);
    const inside = panel.contains(document.activeElement);
    if (link) await open(link, { keep: !inside });
  });
}

// A row changed by an undo is fetched as it now stands.
async function redraw(id) {
  const old = document.getElementById(`r${id}`), url = old?.querySelector('.c-doc > a')?.href;
  if (!url) return;
  const focused = old.contains(document.activeElement);
  const section = document.getElementById('records').dataset.section;
  const reply = await fetch(`${url}?row=1&in=${section}`, { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' });
  if (!reply.ok) return;
  const table = document.createElement('template');
  table.innerHTML = `<table>${await reply.text()}</table>`;
  const fresh = table.content.querySelector('tbody');
  // the reply to an action that was pressed meanwhile draws the row itself
  if (!fresh || old.hasAttribute('aria-busy')) return;
  old.replaceWith(fresh);
  window.htmx?.process(fresh);
  document.dispatchEvent(new Event('ims:swapped'));
  if (focused) fresh.querySelector('.c-doc > a').focus();
}
