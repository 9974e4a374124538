// Asks again for a part of the page that says data-poll="address", as long as it says so: every two seconds, later
// every ten, and not while the page is hidden. Start, each quarter and the end are announced.
const QUICK = 2_000, SLOW = 10_000, QUICK_ASKS = 30;
let asked = 0, quarter = -1, timer;

const say = text => { const live = document.getElementById('live'); if (live) live.textContent = text; };

function announce(part) {
  const now = Math.floor(Number(part.dataset.percent || 0) / 25);
  if (part.dataset.poll && now === quarter) return;
  quarter = now;
  say(part.dataset.poll ? document.getElementById('words').dataset.percent.replace('{state}', part.dataset.state).replace('{percent}', part.dataset.percent) : part.dataset.state);
}

async function ask() {
  const part = document.querySelector('[data-poll]');
  if (!part || document.hidden) return;
  asked += 1;
  try {
    const reply = await fetch(part.dataset.poll, { headers: { 'HX-Request': 'true' }, credentials: 'same-origin' });
    // signed out meanwhile: the sign-in page is not the state of a job
    if (!reply.ok || reply.redirected) return;
    const fresh = new DOMParser().parseFromString(await reply.text(), 'text/html').getElementById(part.id);
    if (!fresh) return;
    const focused = part.contains(document.activeElement);
    part.replaceWith(fresh);
    if (focused) fresh.querySelector('a, button')?.focus();
    announce(fresh);
    document.dispatchEvent(new Event('ims:swapped'));
  } catch {
    // no connection: ask again at the next turn
  }
  later();
}

function later() {
  clearTimeout(timer);
  if (document.querySelector('[data-poll]')) timer = setTimeout(ask, asked < QUICK_ASKS ? QUICK : SLOW);
}

document.addEventListener('visibilitychange', () => { if (!document.hidden) ask(); });
const first = document.querySelector('[data-poll]');
if (first) {
  announce(first);
  later();
}
