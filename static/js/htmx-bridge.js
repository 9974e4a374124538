// The only module that knows htmx's event names: they differ between its major versions. Everyone else listens to
// `ims:swapped` (new content is in the page) and may say something with `ims:tell`.
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

// A row's button has one address, for a browser with scripts and without.
document.addEventListener('htmx:configRequest', event => {
  const own = event.detail.elt.getAttribute('formaction');
  if (own) event.detail.path = own;
});
document.addEventListener('htmx:beforeRequest', event => event.detail.target?.setAttribute?.('aria-busy', 'true'));
document.addEventListener('htmx:afterRequest', event => event.detail.target?.removeAttribute?.('aria-busy'));
document.addEventListener('htmx:afterSettle', () => document.dispatchEvent(new Event('ims:swapped')));

document.addEventListener('htmx:responseError', event => {
  const status = event.detail.xhr.status;
  tell(status === 403 ? words.notAllowed : words.failed.replace('{reference}', event.detail.xhr.getResponseHeader('X-Reference') || status));
});
document.addEventListener('htmx:sendError', () => tell(words.offline));
document.addEventListener('ims:tell', event => tell(event.detail));
