/* Today, orders and the proof of one order: a marketer's and a merchant's ten seconds. */
import { scene } from './kit.mjs';
import { assert, EVIL, evilByApi, firstStart, page, sit, until } from './desk.mjs';

page('today: the sentence on each tile, the day\'s orders, what the browser alone would have lost', async (desk) => {
  const seat = await desk.seat();
  const { body } = await seat.asks('GET', '/overview');
  await seat.sees('Today', 'h1');
  for (const tile of body.destinations) await seat.sees(new RegExp(tile.text.replace(/^[^:]*: /, '').slice(0, 18).replace(/[^\w ]/g, '.'), 'i'));
  assert.match(await seat.page.innerText('.tile:has-text("Google Ads")'), /paused[\s\S]*refuses us since[\s\S]*nothing lost/i);
  assert.match(await seat.page.innerText('.tile:has-text("TikTok")'), /not answering/i);
  assert.match(await seat.page.innerText('.tile:has-text("Klaviyo")'), /running/);
  const figure = (name) => seat.page.innerText(`.figure:has-text("${name}")`);
  assert.match(await figure('Orders'), new RegExp(`\\b${body.today.orders}\\b[\\s\\S]*€`));
  assert.match(await figure('The browser alone'), new RegExp(`${(body.today.share_lost * 100).toFixed(1).replace('.0', '')}%`));
  assert.equal(await seat.page.locator('.chart canvas').count(), 1);
  await seat.page.click('.alerts summary:has-text("Google refuses our token")');
  await seat.sees('Make a new token at the platform', '.alerts');
  await seat.page.click('.tile:has-text("Google Ads")');
  await seat.sees('It refuses us, not the events');
  await seat.leaves();
});

page('today in German: the visitor\'s numbers, the store\'s currency and zone', async (desk) => {
  const seat = await desk.seat({ locale: 'de-DE' });
  await seat.sees(/\d+,\d\d\s€/);
  await seat.sees(/in Berlin/);
  await seat.leaves();
});

page('orders: found by number, by state; an order at a till is excluded and says why', async (desk) => {
  const seat = await desk.seat({ path: '/orders' });
  await seat.sees(`#${desk.known.number}`);
  await seat.page.keyboard.press('/');
  await seat.page.keyboard.type(String(desk.known.number));
  await until('one order is left', async () => await seat.page.locator('tbody tr').count() === 1);
  assert.match(seat.page.url(), new RegExp(`q=${desk.known.number}`));
  await seat.page.fill('input[type=search]', '');
  await seat.page.selectOption('select[aria-label=State]', 'excluded');
  await seat.sees('it was sold at a till');
  await seat.page.fill('input[type=search]', 'nosuchorder');
  await seat.sees('No order fits');
  await seat.leaves();
});

page('proof: both halves, what joined them, each platform\'s masked request and answer, why not', async (desk) => {
  const seat = await desk.seat({ path: `/orders/${desk.known.id}` });
  await seat.sees(`Order #${desk.known.number}`, 'h1');
  await seat.sees(/joined by\s+the cart's hidden attribute/);
  await seat.sees('✓ E-mail');
  await seat.page.click('.platform:has-text("Meta") details summary');
  await seat.sees('Purchase', '.platform:has-text("Meta")');
  await seat.sees('events_received', '.platform:has-text("Meta")');
  const requests = await seat.page.locator('.platform pre').allTextContents();
  assert.ok(requests.length > 2 && !requests.some((text) => text.includes(desk.known.email)), 'requests are masked');
  await seat.sees(/both halves joined/, '.timeline');
  const { body } = await seat.asks('GET', '/orders?state=EXCLUDED&limit=1');
  await seat.visit(`/orders/${body.orders[0].id}`);
  await seat.sees('Not sent to any platform: it was sold at a till (point of sale)');
  await seat.visit('/orders/nosuchorder');
  await seat.sees('This does not exist');
  await seat.leaves();
});

const PATHS = ['/', '/live', '/recovery', '/match', '/destinations', '/destinations?open=demo%2Fklaviyo', '/people', '/orders', '/setup'];

async function harmless(seat, paths) {
  for (const path of paths) {
    await seat.visit(path);
    await seat.page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.loading'));
    assert.equal(await seat.page.evaluate(() => document.querySelectorAll('img[src=x]').length + Number(window.hit || 0)), 0, path);
  }
}

page('what a stranger wrote into names, titles, addresses and searches is text, on every page', async (desk) => {
  const seat = await desk.seat({ path: '/orders' });
  await seat.sees('<img src=x');
  await seat.visit(`/orders/${desk.evil.id}`);
  await seat.sees('<script>window.hit=1</script>', 'h1');
  for (const summary of await seat.page.locator('.platform details summary').all()) await summary.click();
  await seat.visit('/live');
  await seat.sees(EVIL.slice(0, 30));
  await seat.page.click('tr:has-text("img src=x") button');
  await seat.sees('window.hit=1', 'dialog pre');
  const { body } = await seat.asks('GET', '/people?q=evil@example.com');
  await seat.visit(`/people/${body.people[0].id}`);
  await seat.sees('<img', '.facts');
  await seat.visit(`/orders?q=${encodeURIComponent(EVIL)}`);
  await seat.sees(/No order fits|img src=x/);
  await seat.visit(`/people?q=${encodeURIComponent(EVIL)}`);
  await seat.sees('People', 'h1');
  await harmless(seat, [...desk.strange.map((id) => `/events/${id}`), ...PATHS]);
  await seat.leaves();
});

const SECOND = `  - name: second
    hosts: [second.example]
    gateway_hosts: [t.second.example]
    currency: USD
    timezone: America/New_York
    mode: test
    collect_path: /second
    snippet_path: /second.js
    cart_attribute: _se
    api_tokens: [second-token]
    destinations:
      - ga4: { measurement_id: G-SECOND, api_secret: demo, base_url: "http://127.0.0.1:9" }
`;

scene('dashboard: several stores: each by itself or all together; the choice is remembered', async (stage) => {
  await firstStart(stage);
  const seat = await sit(stage);
  await seat.sees('Meta');
  await seat.sees(/GA4\s+second/);
  await seat.sees('second: test mode');
  await seat.page.selectOption('.switch select', 'second');
  await until('only the second\'s', async () => await seat.page.locator('.tile').count() === 1);
  await seat.sees('New York');
  await seat.visit('/setup');
  await seat.sees('second.js');
  await seat.page.selectOption('.switch select', 'demo');
  await seat.sees('qzkv.js');
  await seat.page.selectOption('.switch select', '');
  await seat.page.selectOption('select[aria-label=Store]', 'second');
  await seat.sees('t.second.example');
  await seat.leaves();
}, { store: '    gateway_hosts: [127.0.0.1]\n', more: SECOND });

scene('dashboard: what a shop\'s own server passes on of strangers\' words is text too, in every member of an event', async (stage) => {
  await firstStart(stage);
  const ids = await evilByApi(stage, 'second-token');
  assert.ok(ids.length >= 4, `taken: ${ids}`);
  const seat = await sit(stage);
  await harmless(seat, [...ids.map((id) => `/events/${id}`), ...PATHS]);
  await seat.visit('/live');
  await seat.sees('<img src=x');
  await seat.leaves();
}, { store: '    gateway_hosts: [127.0.0.1]\n', more: SECOND });
