// While a form is on its way its button is busy and is not sent twice; while there is no connection nothing is sent, the
// page says so, and what would save is shut with that sentence. A page without this module sends as browsers do.
const away = document.getElementById('away');
const SAVES = 'form[method=post] :is(button, input[type=submit]), button[form], button[hx-post]';
const offline = () => !navigator.onLine;

function shut() {
  away.hidden = !offline();
  for (const button of document.querySelectorAll(SAVES)) {
    if (offline() && button.getAttribute('aria-disabled') !== 'true') {
      button.dataset.away = '';
      button.setAttribute('aria-disabled', 'true');
      button.setAttribute('aria-describedby', away.id);
    } else if (!offline() && 'away' in button.dataset) {
      delete button.dataset.away;
      button.removeAttribute('aria-disabled');
      button.removeAttribute('aria-describedby');
    }
  }
}

function refuse(event) {
  event.preventDefault();
  event.stopImmediatePropagation();
  away.scrollIntoView({ block: 'nearest' });
}

if (away) {
  addEventListener('online', shut);
  addEventListener('offline', shut);
  document.addEventListener('ims:swapped', shut);
  addEventListener('click', event => { if (offline() && event.target.closest?.(SAVES)) refuse(event); }, true);
  addEventListener('submit', event => { if (offline() && event.target.method === 'post') refuse(event); }, true);
  if (offline()) shut();
}

// A page that a form or the exit of triage led to: its first message or its heading takes the focus, so that the keyboard
// and a reader begin there. A page that a link led to begins at its top, as everywhere.
const LANDS = 'landed';
document.addEventListener('submit', event => { if (!event.defaultPrevented && !event.target.matches('[role=search], [method=dialog]')) sessionStorage.setItem(LANDS, '1'); });
document.addEventListener('click', event => { const link = event.target.closest?.('a[href]'); if (link) sessionStorage[link.id === 'exit' ? 'setItem' : 'removeItem'](LANDS, '1'); });
document.addEventListener('DOMContentLoaded', () => {
  const landed = sessionStorage.getItem(LANDS);
  sessionStorage.removeItem(LANDS);
  if (!landed || location.hash && document.getElementById(location.hash.slice(1)) || document.activeElement !== document.body) return;
  const first = document.querySelector('main > .bar[role]:not([hidden])') || document.querySelector('main h1');
  if (!first) return;
  first.tabIndex = -1;
  first.dataset.landed = '';
  first.focus({ preventScroll: true });
});

document.addEventListener('submit', event => {
  const form = event.target, button = event.submitter;
  // a script took it over, or it only asks
  if (event.defaultPrevented || form.method !== 'post' || !button) return;
  if (form.dataset.sent) { event.preventDefault(); return; }
  form.dataset.sent = '1';
  button.setAttribute('aria-busy', 'true');
  // a file for an answer leaves the page standing
  setTimeout(free, 8_000, form, button);
});

function free(form, button) {
  delete form.dataset.sent;
  button.removeAttribute('aria-busy');
}

// back from the next page, as it stood when it was left
addEventListener('pageshow', event => {
  if (event.persisted) for (const button of document.querySelectorAll('button[aria-busy]')) free(button.form, button);
});
