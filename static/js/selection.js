// Ticking rows: one box for the page, and the bar says how many. Without this the bar works all the same.
const bar = document.querySelector('[data-selection]');
const whole = document.querySelector('[data-select-page]');
const boxes = () => [...document.querySelectorAll('input[name="pick"]')];

function told() {
  const ticked = boxes().filter(box => box.checked);
  const scope = bar.elements.scope;
  const own = scope.options[0];
  own.textContent = ticked.length ? `${ticked.length} ${own.dataset.some}` : own.dataset.none;
  if (whole) {
    whole.checked = ticked.length > 0 && ticked.length === boxes().length;
    whole.indeterminate = ticked.length > 0 && !whole.checked;
  }
  for (const box of boxes()) box.closest('tr').classList.toggle('on', box.checked);
}

if (bar) {
  if (whole) {
    whole.hidden = false;
    whole.addEventListener('change', () => { for (const box of boxes()) box.checked = whole.checked; told(); });
  }
  document.addEventListener('change', event => {
    if (event.target.name !== 'pick') return;
    bar.elements.scope.value = 'ticked';
    told();
  });
  document.addEventListener('ims:swapped', told);
  told();
}
