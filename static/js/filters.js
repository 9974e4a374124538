// Filters apply when they change; the button stays for those without scripts, and for a phone, where further filters are
// a sheet over the page that is left with its own buttons.
const sheet = matchMedia('(max-width: 719px)');
const filters = document.querySelector('[data-filters]');
// an address names only the filters that are set
filters?.addEventListener('formdata', event => { for (const [name, value] of [...event.formData]) if (!value) event.formData.delete(name); });
filters?.addEventListener('change', event => {
  const several = event.target.closest('.several');
  // of several choices the last is known only when their box is closed
  if (several) several.dataset.changed = '1';
  else if (sheet.matches && event.target.closest('.filterbox')) return;
  else if (event.target.matches('select, [type="checkbox"], [type="date"]')) filters.requestSubmit();
});
// The box of further filters stays as the person left it while they go on choosing.
const further = document.querySelector('[data-remember]');
if (further) {
  further.open ||= !sheet.matches && sessionStorage.getItem('filters') === 'open';
  further.addEventListener('toggle', () => sessionStorage.setItem('filters', further.open ? 'open' : ''));
}
filters?.addEventListener('toggle', event => { if (!event.target.open && event.target.dataset.changed && !sheet.matches) filters.requestSubmit(); }, true);
