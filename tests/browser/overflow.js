// Returns the faults of the open page at the present width: content that is wider than its place, text outside the
// window, and neighbours with text that lie on each other. Scrolling boxes, shortened texts (ellipsis) and margins that
// are negative on purpose are no faults.
menus => {
  const found = [];
  const name = e => `${e.tagName.toLowerCase()}${e.id ? '#' + e.id : ''}${[...e.classList].map(c => '.' + c).join('')}`;
  const shown = e => e.checkVisibility({ visibilityProperty: true, opacityProperty: true }) && !e.closest('.visually-hidden, svg, [inert], dialog:not([open])');
  const root = document.documentElement;
  const wide = root.scrollWidth - root.clientWidth;
  if (wide > 0) found.push(`page ${wide}px wider than the window`);
  const text = e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
  const range = document.createRange();
  for (const e of document.body.querySelectorAll('*')) {
    if (!e.checkVisibility()) continue;
    const style = getComputedStyle(e);
    // its content is wider than the element, and nothing scrolls or shortens it
    if (style.display !== 'inline' && e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1 && /visible|hidden|clip/.test(style.overflowX)
        && style.textOverflow !== 'ellipsis' && !e.matches('select, input, textarea, canvas, .skip') && shown(e)) {
      const edge = e.getBoundingClientRect().right + 1;
      const worst = [...e.querySelectorAll('*')].find(i => shown(i) && i.getBoundingClientRect().right > edge);
      if (!worst || !(parseFloat(getComputedStyle(worst).marginRight) < 0 || worst.matches('canvas'))) found.push(`${name(e)} ${e.scrollWidth - e.clientWidth}px over: ${worst ? name(worst) : e.textContent.trim().slice(0, 30)}`);
    }
    if (text(e) && shown(e)) {
      range.selectNodeContents(e);
      const box = range.getBoundingClientRect();
      if (box.width && !e.closest('.x, [style*=overflow]') && (box.right > root.clientWidth + 1 || box.left < -1)) {
        let scrolls = false;
        for (let up = e; up && up !== document.body; up = up.parentElement) if (/auto|scroll|hidden|clip/.test(getComputedStyle(up).overflowX)) scrolls = true;
        if (!scrolls) found.push(`${name(e)} outside the window: ${e.textContent.trim().slice(0, 30)}`);
      }
    }
    // two neighbours with text lie on each other
    const kids = [...e.children].filter(k => k.textContent.trim() && shown(k) && /static|relative/.test(getComputedStyle(k).position) && !/inline|contents|none/.test(getComputedStyle(k).display));
    const boxes = kids.map(k => [k, k.getBoundingClientRect()]).filter(([, r]) => r.width > 1 && r.height > 1);
    for (let i = 1; i < boxes.length; i++) {
      const [a, r] = boxes[i - 1], [b, s] = boxes[i];
      const x = Math.min(r.right, s.right) - Math.max(r.left, s.left), y = Math.min(r.bottom, s.bottom) - Math.max(r.top, s.top);
      if (x > 2 && y > 2 && !(parseFloat(getComputedStyle(b).marginTop) < 0)) found.push(`${name(a)} and ${name(b)} overlap by ${Math.round(x)}px × ${Math.round(y)}px`);
    }
  }
  for (const menu of menus ? document.querySelectorAll('details.drop:not([open])') : []) {
    if (!shown(menu)) continue;
    menu.open = true;
    for (const e of menu.querySelectorAll(':scope > :not(summary), :scope > :not(summary) *')) {
      const box = e.getBoundingClientRect();
      if (box.width > 1 && shown(e) && (box.left < -1 || box.right > root.clientWidth + 1 || (e.clientWidth > 1 && e.scrollWidth > e.clientWidth + 1
          && getComputedStyle(e).overflowX === 'visible' && getComputedStyle(e).display !== 'inline'))) found.push(`open menu ${menu.querySelector('summary').textContent.trim().slice(0, 20)}: ${name(e)} runs over its place`);
    }
    menu.open = false;
  }
  return [...new Set(found)].slice(0, 12);
}
