// Menus open and close by themselves (<details>); this adds what people expect on top: Escape, a click elsewhere,
// and arrow keys inside an open menu. Escape is Cancel: what was chosen or typed inside and not sent is taken back.
const BOXES = 'details:is(.drop, .filterbox, .pasted)[open]';
const open = () => [...document.querySelectorAll('details.drop[open]')];

document.addEventListener('click', event => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

function takeBack(menu) {
  delete menu.dataset.changed; // else the filters would apply when their box closes
  for (const one of menu.querySelectorAll('input:not([type="hidden"]), textarea')) {
    one.checked = one.defaultChecked;
    if (!one.matches('[type="checkbox"], [type="radio"]')) one.value = one.defaultValue;
  }
  for (const option of menu.querySelectorAll('option')) option.selected = option.defaultSelected;
}

document.addEventListener('keydown', event => {
  if (event.defaultPrevented) return;
  const escape = event.key === 'Escape' && !document.querySelector('dialog[open]');
  const menu = event.target.closest?.(escape ? BOXES : 'details.drop[open]') || (escape ? open()[0] : null);
  if (!menu) return;
  if (escape) {
    event.preventDefault();
    takeBack(menu);
    menu.open = false;
    menu.querySelector('summary').focus();
  } else if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
    const stops = [...menu.querySelectorAll('summary, .pop a, .pop button')];
    const step = event.key === 'ArrowDown' ? 1 : -1;
    stops[(stops.indexOf(document.activeElement) + step + stops.length) % stops.length].focus();
    event.preventDefault();
  }
});

// The open sub-menu does not stay behind when focus has gone elsewhere.
document.addEventListener('focusin', event => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});
