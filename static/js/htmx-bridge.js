// The only module that knows htmx's event names: they differ between its major versions. Everyone else listens to
// `ims:swapped` (new content is in the page) or `ims:failed` (a request was refused or not answered), and may say
// something with `ims:tell`.
const alarm = document.getElementById('alarm');
const words = document.getElementById('words')?.dataset || {};
const say = text => { if (alarm) alarm.textContent = text; };
const tell = text => {
  say(text);
  const box = document.getElementById('toasts');
  if (!box) return;
  const snack = document.createElement('div');
  snack.className = 'snack';
  snack.textContent = text;
  box.replaceChildren(snack);
  document.dispatchEvent(new Event('ims:swapped'));
};

// The button of a row submits the form of all rows, and the reply replaces this row alone.
document.addEventListener('submit', event => {
  const button = event.submitter;
  const row = button?.name === 'act' && button.closest('tbody');
  if (!row || !window.htmx) return;
  event.preventDefault();
  window.htmx.ajax('POST', event.target.getAttribute('action'), { source: button, target: row, swap: 'outerHTML' }).catch(() => {});
});
document.addEventListener('htmx:beforeRequest', event => event.detail.target?.setAttribute?.('aria-busy', 'true'));
document.addEventListener('htmx:afterRequest', event => {
  event.detail.target?.removeAttribute?.('aria-busy');
  if (!event.detail.successful) document.dispatchEvent(new Event('ims:failed'));
});
document.addEventListener('htmx:afterSettle', () => document.dispatchEvent(new Event('ims:swapped')));

document.addEventListener('htmx:responseError', event => {
  const status = event.detail.xhr.status;
  tell(status === 403 ? words.notAllowed : words.failed.replace('{reference}', event.detail.xhr.getResponseHeader('X-Reference') || status));
});
document.addEventListener('htmx:sendError', () => tell(words.offline));
document.addEventListener('ims:tell', event => tell(event.detail));
