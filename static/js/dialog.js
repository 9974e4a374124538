// <a href="/page/" data-dialog="#id"> opens a <dialog> that stands in the page, and fetches what an empty one shows;
// without scripts the link goes to the page itself. Inside, [data-close] closes. The browser traps and returns focus.
document.addEventListener('click', event => {
  const opener = event.target.closest('[data-dialog]');
  if (opener) {
    const dialog = document.querySelector(opener.dataset.dialog);
    if (!dialog?.showModal || !(dialog.firstElementChild || window.htmx)) return;
    event.preventDefault();
    dialog.showModal();
    if (!dialog.firstElementChild) {
      window.htmx.ajax('GET', opener.href, { source: opener, target: dialog, swap: 'innerHTML' })
        .catch(() => {}).finally(() => { if (!dialog.firstElementChild) dialog.close(); });
    }
    return;
  }
  const dialog = event.target.closest('dialog');
  if (dialog && (event.target === dialog || event.target.closest('[data-close]'))) dialog.close();
});

const closable = () => { for (const button of document.querySelectorAll('dialog [data-close][hidden]')) button.hidden = false; };
document.addEventListener('ims:swapped', closable);
closable();

// A summary of errors takes the focus when the page shows one.
const errors = document.querySelector('[data-focus]');
// The browser goes to the fragment of an address after the scripts: the errors are more urgent than a skip link was.
if (errors && location.hash) {
  history.replaceState(history.state, '', location.pathname + location.search);
  addEventListener('load', () => setTimeout(() => errors.focus()));
}
errors?.focus();
