// Menus open and close by themselves (<details>); this adds what people expect on top: Escape, a click elsewhere,
// and arrow keys inside an open menu.
const open = () => [...document.querySelectorAll('details.drop[open]')];

document.addEventListener('click', event => {
  for (const menu of open()) if (!menu.contains(event.target)) menu.open = false;
});

document.addEventListener('keydown', event => {
  const menu = event.target.closest?.('details.drop[open]') || (event.key === 'Escape' ? open()[0] : null);
  if (!menu) return;
  if (event.key === 'Escape') {
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
