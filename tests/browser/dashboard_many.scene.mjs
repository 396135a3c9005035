/*
 * A shop's busy day: 50,000 events, 2,000 orders, Google with a dead token, TikTok not answering. Every page tells
 * the truth of what was put in, fits 360 and 1440 px, and is answered quickly, also while a long replay runs.
 *
 *   SIDETRACK=… SIDETRACK_LONG=1 node --test-reporter=tap tests/browser/run.mjs many       (./test --long browser)
 *
 * Minutes long, most of it the platforms' own rates; without SIDETRACK_LONG it is skipped.
 */
import { after } from 'node:test';
import { test } from './kit.mjs';
import { assert, Desk, ulid, until } from './desk.mjs';

const ORDERS = 2000, EVENTS = 50000, AT_ONCE = 500;
/* A page's query has 50 ms at a million rows (docs/store.md); here are sanitizers, and the platforms beside it. */
const QUICK_MS = 250;
const PATHS = ['/', '/orders', '/live', '/recovery?days=7', '/match', '/destinations?open=demo%2Fgoogle', '/people?q=known%40example.com', '/audit', '/setup'];
const ASKED = ['/overview', '/orders?limit=50', '/orders?state=EXCLUDED', '/orders?q=1777', '/events?limit=100', '/events?name=cart_viewed', '/reports/recovery?store=demo', '/reports/match?store=demo', '/reports/delivery?store=demo', '/destinations', '/letters', '/people?q=known%40example.com', '/setup', '/bots', '/audits'];

/* Of shopper n, as desk.mjs plays him: every second one orders, each ninth at a till; each fifth's browser half is lost.
   One more order is that of a known buyer. */
const buyers = Array.from({ length: ORDERS }, (_, k) => 2 * k + 1), web = buyers.filter((n) => n % 9 !== 4);
const SEED = { web: web.length + 1, till: buyers.length - web.length, lost: web.filter((n) => n % 5 === 0).length };

let opened;
function stage() {
  opened = opened || (async () => {
    const desk = new Desk();
    try {
      await desk.start(ORDERS, { evil: false, well: 0.66 });
      await browsing(desk);
      await desk.drained(['meta', 'ga4', 'klaviyo']);
    } catch (error) {
      await desk.close().catch(() => undefined);
      throw error;
    }
    return desk;
  })();
  return opened;
}
after(async () => { if (opened) await (await opened.catch(() => undefined))?.close(); });

const journal = (desk) => desk.metric('sidetrack_journal_rows');

/* People who only look, told by the shop's own server, until the journal has as many rows as were promised. */
async function browsing(desk) {
  for (let left = EVENTS - await journal(desk); left > 0; left -= AT_ONCE) {
    const events = Array.from({ length: AT_ONCE }, (_, n) => ({
      id: ulid(), name: n % 3 ? 'product_viewed' : 'page_viewed', at: Date.now(), who: { visitor: ulid() },
      items: [{ product_id: '1', variant_id: '44001', name: 'Linen shirt', price: '59.90', quantity: 1 }], value: '59.90', currency: 'EUR',
    }));
    const answer = await fetch(`${desk.gateway.url}/v1/events`, { method: 'POST', headers: { Authorization: 'Bearer let-me-in', 'Content-Type': 'application/json' }, body: JSON.stringify(events) });
    assert.equal(answer.status, 200);
  }
}

function scene(what, play) {
  test(`dashboard, a busy day: ${what}`, { timeout: 900000, skip: process.env.SIDETRACK_LONG ? false : 'only with --long' }, async () => play(await stage()));
}

async function pages(seat, path, list) {
  const all = [];
  for (let next = 0; next !== null;) {
    const { body } = await seat.asks('GET', `${path}&limit=500${next ? `&before=${next}` : ''}`);
    all.push(...body[list]);
    next = body.next ?? null;
  }
  return all;
}

const tile = async (seat, name) => (await seat.asks('GET', '/destinations')).body.destinations.find(({ destination }) => destination === name);

scene('the numbers are those of what was put in', async (desk) => {
  const seat = await desk.seat();
  assert.ok(await journal(desk) >= EVENTS);
  const { today } = (await seat.asks('GET', '/overview')).body;
  assert.deepEqual({ orders: today.orders, excluded: today.excluded, without_browser: today.without_browser }, { orders: SEED.web, excluded: SEED.till, without_browser: SEED.lost });
  await seat.sees(SEED.web.toLocaleString('en-GB'));
  assert.equal((await pages(seat, '/orders?', 'orders')).length, SEED.web + SEED.till);
  assert.equal((await pages(seat, '/orders?state=EXCLUDED', 'orders')).length, SEED.till);
  const events = await pages(seat, '/events?', 'events');
  assert.ok(events.length >= EVENTS, `${events.length} events`);
  assert.equal(new Set(events.map(({ seq }) => seq)).size, events.length, 'each row once');
  assert.equal(events.filter(({ name, source }) => name === 'order_placed' && source === 'derived').length, SEED.web);
  const report = await until('the counters are written', async () => {
    const { body } = await seat.asks('GET', '/reports/recovery?store=demo'), day = body.days[body.days.length - 1].orders;
    return day.both + day.server_only === SEED.web && day;
  });
  assert.deepEqual([report.both, report.server_only, report.browser_only], [SEED.web - SEED.lost, SEED.lost, 0]);
  await seat.leaves();
});

scene('a dead token and a dead destination: what they have, what waits, nothing lost; the others have all', async (desk) => {
  const seat = await desk.seat();
  assert.equal(await desk.count('meta', 'Purchase'), SEED.web);
  assert.equal(await desk.count('ga4', 'purchase'), SEED.web);
  for (const [name, state] of [['meta', 'live'], ['google', 'paused'], ['tiktok', 'backing_off'], ['ga4', 'live'], ['klaviyo', 'live']]) {
    const one = await tile(seat, name);
    assert.equal(one.state, state, name);
    assert.equal(one.orders.total, SEED.web, name);
    const { delivered, waiting, refused, skipped } = one.orders;
    assert.equal(delivered + waiting + refused + skipped, SEED.web, `${name}: ${JSON.stringify(one.orders)}`);
    if (state === 'live') assert.equal(waiting, 0, name);
    else assert.ok(waiting > 0 && one.text.includes('waiting'), `${name}: ${one.text}`);
  }
  assert.equal((await tile(seat, 'google')).orders.delivered, await desk.count('google', 'conversion'));
  assert.equal((await tile(seat, 'tiktok')).orders.delivered, await desk.count('tiktok', 'Purchase'));
  assert.deepEqual([(await tile(seat, 'klaviyo')).orders.refused, await desk.count('klaviyo', 'Placed Order')], [1, SEED.web - 1]);
  await seat.visit('/destinations?open=demo%2Fgoogle');
  await seat.sees('Request had invalid authentication credentials');
  await seat.leaves();
});

scene('every page fits 360 and 1440 px, in either light', async (desk) => {
  for (const [width, scheme] of [[360, 'light'], [1440, 'dark']]) {
    const seat = await desk.seat({ width, scheme });
    for (const path of [...PATHS, `/orders/${desk.known.id}`]) {
      await seat.visit(path);
      await seat.page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.loading'));
      assert.equal(await seat.page.locator('[role=alert]').count(), 0, `${path} is in trouble`);
      await seat.fits();
    }
    await seat.leaves();
  }
});

/* The middle one of so many times it takes to be answered. */
async function middle(times, act) {
  const took = [];
  for (let n = 0; n < times; n++) {
    const start = performance.now();
    await act();
    took.push(performance.now() - start);
  }
  return took.sort((a, b) => a - b)[times >> 1];
}

scene(`every page's questions are answered within ${QUICK_MS} ms`, async (desk) => {
  const seat = await desk.seat(), slow = [];
  for (const path of ASKED) {
    const ms = await middle(5, async () => assert.equal((await seat.asks('GET', path)).status, 200, path));
    console.log(`# ${path}: ${ms.toFixed(0)} ms`);
    if (ms > QUICK_MS) slow.push(`${path}: ${ms.toFixed(0)} ms`);
  }
  assert.deepEqual(slow, []);
  await seat.leaves();
});

scene('while a long replay runs everything is answered; it says how far it is, and is stopped', async (desk) => {
  const seat = await desk.seat(), { body: { csrf } } = await seat.asks('GET', '/session');
  const post = (path, body) => seat.asks('POST', path, { csrf, body });
  const period = { from: Date.now() - 3600000, to: Date.now(), dry: true };
  let done;
  const answer = post('/destinations/demo/meta/replay', period).then((said) => { done = said; return said; });
  const works = async () => (await seat.asks('GET', '/works')).body.works;
  const took = [], seen = [];
  await until('it runs', async () => (await works()).length === 1);
  assert.equal((await post('/destinations/demo/ga4/replay', period)).status, 409, 'one at a time');
  while (!done) {
    const start = performance.now();
    assert.equal((await seat.asks('GET', '/overview')).status, 200);
    if (!done) took.push(performance.now() - start);
    seen.push(...(await works()).map(({ percent }) => percent));
  }
  console.log(`# overview during the replay: ${took.map((ms) => ms.toFixed(0)).join(' ')} ms; percent ${seen.join(' ')}`);
  assert.equal((await answer).status, 200);
  assert.ok(took.length >= 3 && took.sort((a, b) => a - b)[took.length >> 1] < QUICK_MS, took.join(' '));
  assert.ok(new Set(seen).size > 1 && seen.every((percent, n) => n === 0 || percent >= seen[n - 1]), seen.join(' '));

  /* By hand: begun, then stopped. */
  await seat.visit('/destinations?open=demo%2Fmeta');
  await seat.page.click('button:has-text("Replay")');
  await seat.page.click('dialog button:has-text("Count")');
  await seat.page.waitForSelector('dialog progress');
  await seat.page.click('dialog button:has-text("Stop")');
  await until('it has ended', async () => (await works()).length === 0);
  await until('and nothing was counted', async () => await seat.page.isDisabled('dialog button.main'));
  await seat.leaves();
});
