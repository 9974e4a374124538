// <a href="/page/" data-dialog="#id"> opens a <dialog> that stands in the page; without scripts the link goes to the
// page itself. Inside, [data-close] closes. The browser traps and returns focus.
document.addEventListener('click', event => {
  const opener = event.target.closest('[data-dialog]');
  if (opener) {
    const dialog = document.querySelector(opener.dataset.dialog);
    if (dialog?.showModal) { event.preventDefault(); dialog.showModal(); }
    return;
  }
  const dialog = event.target.closest('dialog');
  if (dialog && (event.target === dialog || event.target.closest('[data-close]'))) dialog.close();
});

for (const button of document.querySelectorAll('dialog [data-close][hidden]')) button.hidden = false;

// A summary of errors takes the focus when the page shows one.
document.querySelector('[data-focus]')?.focus();
