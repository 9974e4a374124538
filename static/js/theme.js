// Theme and text size. A classic script in <head>, so that it runs before the first paint. The choice is a cookie,
// because the server writes it into the page; this script only resolves "same as the device" and wires the buttons.
(() => {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)');
  const read = name => (document.cookie.match(`(?:^|; )${name}=([a-z]*)`) || [])[1] || '';
  const write = (name, value) => {
    const secure = location.protocol === 'https:' ? '; secure' : '';
    document.cookie = `${name}=${value}; path=/; max-age=31536000; samesite=lax${secure}`;
  };

  function apply() {
    const theme = read('ims_theme');
    root.dataset.bsTheme = theme === 'contrast' ? 'dark' : theme === 'light' || theme === 'dark' ? theme : dark.matches ? 'dark' : 'light';
    root.toggleAttribute('data-contrast', theme === 'contrast');
    const text = read('ims_text');
    if (text) root.dataset.text = text; else delete root.dataset.text;
    document.querySelectorAll('[data-set-theme]').forEach(b => b.setAttribute('aria-pressed', b.dataset.setTheme === (theme || 'system')));
    document.querySelectorAll('[data-set-text]').forEach(b => b.setAttribute('aria-pressed', b.dataset.setText === text));
    document.dispatchEvent(new Event('ims:theme'));     // charts draw on canvas and must be told
  }

  apply();
  dark.addEventListener('change', apply);
  addEventListener('DOMContentLoaded', () => {
    document.querySelectorAll('[data-needs-script]').forEach(e => { e.hidden = false; });
    apply();
  });
  document.addEventListener('click', event => {
    const button = event.target.closest('[data-set-theme], [data-set-text]');
    if (!button) return;
    if ('setTheme' in button.dataset) write('ims_theme', button.dataset.setTheme);
    else write('ims_text', button.dataset.setText);
    apply();
  });
})();
