// Messages that can be put away: [data-remove=".bar"] takes out the nearest such box. Toasts leave after ten seconds,
// but not while a pointer or the focus is on them.
const STAY = 10_000;

function show(root) {
  root.querySelectorAll?.('[data-remove][hidden]').forEach(button => { button.hidden = false; });
  root.querySelectorAll?.('.snack:not([data-timed])').forEach(snack => {
    snack.dataset.timed = '';
    let timer;
    const start = () => { timer = setTimeout(() => snack.remove(), STAY); };
    const hold = () => clearTimeout(timer);
    snack.addEventListener('pointerenter', hold);
    snack.addEventListener('pointerleave', start);
    snack.addEventListener('focusin', hold);
    snack.addEventListener('focusout', start);
    start();
    // the message must not stand over the record that has the focus
    document.activeElement?.closest('tbody')?.scrollIntoView({ block: 'nearest' });
  });
}

show(document);
document.addEventListener('ims:swapped', () => {
  show(document);
  // a question in a row must not stand under what was said before it
  if (document.querySelector('[data-ask]')) document.querySelectorAll('#toasts .snack:not([data-failed])').forEach(snack => snack.remove());
});
document.addEventListener('click', event => {
  const button = event.target.closest('[data-remove]');
  if (button) button.closest(button.dataset.remove)?.remove();
});
