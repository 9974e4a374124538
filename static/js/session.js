// Warns two minutes before the sign-in ends, and asks for more time in one request. Nothing on the page is lost:
// where time ran out, the next request leads to the sign-in page and from there back to the same address.
const bar = document.getElementById('expiry');
const AHEAD = 120;
let timer = 0;

function wait(left) {
  clearTimeout(timer);
  bar.hidden = true;
  timer = setTimeout(() => {
    bar.hidden = false;
    timer = setTimeout(() => { bar.querySelector('[data-over]').hidden = false; bar.querySelector('[data-ahead]').hidden = true; }, AHEAD * 1000);
  }, Math.max(left - AHEAD, 0) * 1000);
}

if (bar) {
  wait(Number(bar.dataset.left));
  bar.querySelector('form').addEventListener('submit', async event => {
    event.preventDefault();
    const form = event.target;
    const answer = await fetch(form.action, { method: 'POST', body: new FormData(form), headers: { 'X-Requested-With': 'fetch' }, redirect: 'manual' }).catch(() => null);
    if (answer?.ok) wait(Number(await answer.text()));
    else form.submit();
  });
}
