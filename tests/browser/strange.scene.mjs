/* Pages and browsers that are not as one would wish: what they break is theirs, never the page and never the rest. */
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import { AGENT, assert, scene, until } from './kit.mjs';

const open = { consent: 'granted' };

/* A page of a site of its own, which says only this; gives a list of what the browser complained about. */
async function page(stage, shopper, html, headers = {}, pages = {}) {
  const complaints = shopper.complaints || [];
  if (!shopper.complaints) {
    shopper.complaints = complaints;
    shopper.page.on('console', (message) => { if (message.type() === 'error') complaints.push(message.text()); });
    shopper.page.on('pageerror', (error) => complaints.push(String(error)));
  }
  const server = createServer((request, answer) => {
    if (request.url === '/cart.js') answer.end('{"token":"t","item_count":0,"items":[],"currency":"EUR","attributes":{}}');
    else if (request.url === '/favicon.ico') answer.writeHead(204).end();
    else if (pages[request.url]) answer.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(pages[request.url]);
    else answer.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8', ...headers }).end(`<!doctype html><title>Strange</title>${html}`);
  });
  await new Promise((up) => server.listen(0, '127.0.0.1', up));
  server.unref();
  await shopper.visit(`http://127.0.0.1:${server.address().port}/strange`);
  return complaints;
}
const script = (stage, more = 'async') => `<script src="${stage.gateway.url}/qzkv.js" ${more}></script>`;

scene('included twice, async and deferred: one view', async (stage) => {
  const anna = await stage.shopper('anna');
  const complaints = await page(stage, anna, script(stage) + script(stage, 'defer') + script(stage, ''));
  await anna.tells('page_viewed');
  await anna.page.evaluate(() => window.sidetrack('event', 'search_submitted', { query: 'once' }));
  await anna.tells('search_submitted');
  await stage.holds({ meta: { PageView: 1, Search: 1 } });
  assert.deepEqual(complaints, []);
}, open);

scene('calls and a block that make no sense lose nothing but themselves', async (stage) => {
  const anna = await stage.shopper('anna');
  const block = (text) => `<script type="application/json" id="sidetrack-page">${text}</script>`;
  const complaints = await page(stage, anna, block('{"name":"product_viewed","data":{"items":{"url":"https://["}}}') + `<script>
    window.sidetrack = window.sidetrack || function () { (sidetrack.q = sidetrack.q || []).push(arguments) };
    var ring = {}; ring.ring = ring;
    sidetrack('event', 'page_viewed', ring); sidetrack('event', 'x', null); sidetrack('event'); sidetrack('consent'); sidetrack('identify', ring);
    sidetrack('consent', { source: ring, analytics: 'granted' }); sidetrack(); sidetrack('event', 'search_submitted', { query: 'early' });
  </script>` + script(stage));
  await anna.tells('search_submitted');
  for (const bad of [[], ['event', 'y', { items: 7 }], ['event', 'z', { n: 1 }], ['constructor', 1], ['identify', 5]])
    await anna.page.evaluate((words) => window.sidetrack(...words), bad);
  await anna.page.evaluate(() => window.sidetrack('event', 'search_submitted', { query: 'late' }));
  await anna.tells('search_submitted', 2);
  await stage.holds({ meta: { PageView: 1, Search: 2 } });
  let views = 1;
  for (const text of ['null', '[]', '{"data":null,"name":"search_submitted"}', '{', '"</scr" + "ipt>"', '\u2028']) {
    await page(stage, anna, block(text) + script(stage));
    await anna.tells('page_viewed', ++views);
  }
  assert.deepEqual(complaints, []);
}, open);

scene('a policy that allows one nonce: both parts run, nothing is violated', async (stage) => {
  const anna = await stage.shopper('anna');
  const complaints = await page(stage, anna, `<script nonce=n1 async src="${stage.gateway.url}/qzkv.js?v=12#x"></script>`, {
    'Content-Security-Policy': `default-src 'none'; script-src 'nonce-n1'; connect-src 'self' ${stage.gateway.url}; img-src 'self'`,
  });
  await anna.tells('page_viewed');
  await until('the second part has come', () => anna.page.evaluate(() => Boolean(Object.getOwnPropertyDescriptor(window, '_learnq')?.get)));
  assert.deepEqual(complaints, []);
}, { ...open, store: '    bridge: [meta]\n' });

scene('cookies and storage that throw: told all the same', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.context.addInitScript(() => {
    const no = () => { throw new DOMException('not here', 'SecurityError'); };
    for (const name of ['localStorage', 'sessionStorage']) Object.defineProperty(window, name, { get: no });
    Object.defineProperty(Document.prototype, 'cookie', { get: no, set: no });
  });
  const complaints = await page(stage, anna, script(stage));
  await anna.tells('page_viewed');
  await anna.page.evaluate(() => window.sidetrack('event', 'search_submitted', { query: 'no cookies' }));
  await anna.tells('search_submitted');
  assert.equal(new Set(anna.told.map((one) => one.visitor)).size, 1, 'one visitor as long as the page lives');
  await anna.page.evaluate(() => window.sidetrack('consent', { analytics: 'denied', marketing: 'denied' }));
  await anna.page.evaluate(() => window.sidetrack('event', 'search_submitted', { query: 'after a no' }));
  await anna.page.waitForTimeout(200);
  assert.equal(anna.toldOf('search_submitted').length, 1);
  assert.deepEqual(complaints, []);
  anna.quiet = async () => undefined; // it keeps nothing that could be asked for
}, open);

scene('storage is full: told all the same', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.context.addInitScript(() => {
    for (let length = 1 << 22; length; length >>= 1)
      try {
        for (let n = 0; n < 4; n++) localStorage.setItem(`full ${length} ${n}`, 'x'.repeat(length));
      } catch { /* that much is not left */ }
  });
  const complaints = await page(stage, anna, script(stage));
  await anna.tells('page_viewed');
  assert.deepEqual(complaints, []);
}, open);

scene('a cart of hundreds and a burst of events: in bodies that the gateway takes', async (stage) => {
  const anna = await stage.shopper('anna');
  await page(stage, anna, script(stage));
  await anna.tells('page_viewed');
  const sizes = [];
  anna.page.on('request', (request) => { if (request.url().endsWith('/qzkv') && request.postDataBuffer()) sizes.push(request.postDataBuffer().length); });
  await anna.page.evaluate(() => {
    const items = Array.from({ length: 400 }, (_, n) => ({ product_id: String(n), name: '\u7dba\u9e97\u306a\u30b7\u30e3\u30c4'.repeat(9), price: '1', quantity: 1, url: `/products/${n}`.repeat(9) }));
    window.sidetrack('event', 'cart_viewed', { value: '400', currency: 'EUR', items });
    for (let n = 0; n < 24; n++) window.sidetrack('event', 'search_submitted', { query: `${n} \u5927`.repeat(600) });
  });
  await anna.tells('cart_viewed');
  await anna.tells('search_submitted', 24);
  assert.ok(sizes.length > 2 && Math.max(...sizes) < 65536, String(sizes));
  const seen = JSON.parse(await stage.says('show', 'event', anna.toldOf('cart_viewed')[0].id, '--json'));
  assert.match(JSON.stringify(seen), /"value": ?"400(\.00)?"/);
}, open);

scene('a clock three hours ahead: the event is of now', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.context.addInitScript(() => {
    const real = Date.now.bind(Date);
    Date.now = () => real() + 3 * 3600000;
  });
  await page(stage, anna, script(stage));
  await anna.tells('page_viewed');
  const told = await stage.says('show', 'event', anna.toldOf('page_viewed')[0].id, '--json');
  const at = Number(/"at": ?(\d{13})/.exec(told)[1]);
  assert.ok(Math.abs(at - Date.now()) < 60000, told);
}, open);

scene('the cookie is lost while the cart is full: one view later the cart names the visitor of before', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/');
  await anna.says('Accept all');
  await anna.tells('page_viewed');
  await anna.adds('canvas-tote');
  const visitor = await anna.visitor(), named = () => anna.page.evaluate(async () => (await (await fetch('/cart.js')).json()).attributes._qz);
  await until('the server has set its copy', () => anna.cookie('_gwids'));
  await anna.quiet();

  /* Safari, eight days later: what scripts wrote is gone, the server's HttpOnly copy lives. */
  await anna.visit('/robots.txt');
  for (const name of ['_gwid', '_gwidc', '_fbp', '_fbc']) await anna.context.clearCookies({ name });
  await anna.page.evaluate(() => localStorage.clear());
  const views = anna.toldOf('page_viewed').length;
  await anna.visit('/privacy');
  await anna.tells('page_viewed', views + 1);
  await until('she is who she was', async () => await anna.visitor() === visitor);
  await until(async () => `the cart names ${visitor}, it names ${await named()}`, async () => await named() === visitor, 5000);
  const order = await anna.buys();
  const story = await stage.says('show', 'order', order.number);
  assert.ok(story.includes(visitor), story);
  await stage.holds({ meta: { AddToCart: 1 } }); // what is found in the cart was not added again
});

/* What others on the page may have done to what everybody uses. */
const others = `<script>
  const fetched = fetch; let broken = 2;
  window.fetch = function (...words) { if (broken-- > 0) throw new Error('not today'); return fetched.apply(this, words); };
  const own = history.pushState;
  window.restore = () => { history.pushState = own; delete history.replaceState; };
  window.dataLayer = Array.from({ length: 100000 }, (_, n) => ({ event: 'n' + n }));
  dataLayer.push(null, undefined, 'consent', []);
  function gtag() { dataLayer.push(arguments); }
  gtag('consent', 'default', { ad_storage: 'denied', analytics_storage: 'denied', region: ['DE', 'FR'] });
</script>`;

scene('others broke fetch, put pushState back and filled the dataLayer: consent is heard in it, every view is told', async (stage) => {
  const anna = await stage.shopper('anna');
  const complaints = await page(stage, anna, others + script(stage));
  await until('the second part has come', () => anna.page.evaluate(() => Boolean(Object.getOwnPropertyDescriptor(window, '_learnq')?.get)));
  assert.deepEqual(anna.told, [], 'a default that says no, and nobody knows the region');
  const began = await anna.page.evaluate(() => {
    const start = performance.now();
    gtag('consent', 'update', { ad_storage: 'granted', analytics_storage: 'granted' });
    document.body.click();
    return performance.now() - start;
  });
  assert.ok(began < 500, `a click took ${began} ms`);
  await anna.tells('page_viewed');
  await anna.page.evaluate(() => {
    window.restore();
    history.pushState(null, '', '/strange/two');
    document.body.click();
  });
  await anna.tells('page_viewed', 2);
  assert.deepEqual(complaints, []);
}, open);

scene('trusted types and a policy without the gateway: the page is whole; what is told goes by the shop\'s own host', async (stage) => {
  const anna = await stage.shopper('anna'), ways = [];
  /* Shopify, for /apps/qz: it signs, and lets no cookie through. */
  await anna.context.route('**/apps/qz', async (route) => {
    const query = { shop: 'sidetrack-demo.myshopify.com', path_prefix: '/apps/qz', timestamp: String(Math.floor(Date.now() / 1000)), logged_in_customer_id: '' };
    const signed = Object.keys(query).sort().map((key) => `${key}=${query[key]}`).join('');
    const signature = createHmac('sha256', 'demo-webhook-secret').update(signed).digest('hex');
    const answer = await fetch(`${stage.gateway.url}/shopify/proxy?${new URLSearchParams({ ...query, signature })}`, {
      method: 'POST', body: route.request().postData(), headers: { 'User-Agent': AGENT, Origin: new URL(anna.page.url()).origin, 'X-Forwarded-For': anna.person.ip },
    });
    ways.push(answer.status);
    await route.fulfill({ status: answer.status, body: await answer.text() });
  });
  const complaints = await page(stage, anna, `<script nonce=n1 async src="${stage.gateway.url}/qzkv.js"></script>`, {
    'Content-Security-Policy': "default-src 'none'; script-src 'nonce-n1'; connect-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'",
  });
  await until(() => `the proxy took it: ${ways}`, () => ways.includes(204));
  await until('the second part has come', () => anna.page.evaluate(() => Boolean(Object.getOwnPropertyDescriptor(window, '_learnq')?.get)));
  await stage.holds({ meta: { PageView: 1 } });
  assert.deepEqual(complaints.filter((text) => !/connect|Fetch API/i.test(text)), [], 'the policy names the one thing it stopped');
  await stage.nothingWrong();
}, { ...open, store: '    bridge: [meta]\n', shopify: ', proxy: /apps/qz' });

scene('a module, and a frame: the gateway is found, a page in a page is no visit of its own', async (stage) => {
  const anna = await stage.shopper('anna');
  const frame = `<!doctype html><script>
    window.sidetrack = function () { (sidetrack.q = sidetrack.q || []).push(arguments) };
    sidetrack('event', 'search_submitted', { query: 'in a frame' });
  </script>${script(stage)}`;
  const complaints = await page(stage, anna, script(stage, 'type=module'), {}, { '/framed': frame });
  await anna.tells('page_viewed');
  await anna.page.evaluate(() => new Promise((done) => {
    const inner = document.createElement('iframe');
    inner.onload = done;
    inner.src = '/framed';
    document.body.append(inner);
  }));
  await anna.tells('search_submitted');
  await anna.page.evaluate(() => {
    const { history } = frames[0];
    for (const step of ['/framed/a', '/framed/b']) history.pushState(null, '', step);
  });
  await anna.page.evaluate(() => history.back());
  await until('the frame went back', () => anna.page.evaluate(() => frames[0].location.pathname === '/framed/a'));
  await stage.holds({ meta: { PageView: 1, Search: 1 } });
  assert.equal(new Set(anna.told.map((one) => one.visitor)).size, 1);
  assert.deepEqual(complaints, []);
}, open);

scene('prerendered: nothing is kept or told until somebody looks', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.context.addInitScript(() => {
    let hidden = true;
    Object.defineProperty(Document.prototype, 'prerendering', { get: () => hidden });
    window.shown = () => {
      hidden = false;
      document.dispatchEvent(new Event('prerenderingchange'));
    };
  });
  await page(stage, anna, script(stage, ''));
  await anna.page.waitForTimeout(300);
  assert.deepEqual([anna.told, await anna.visitor()], [[], undefined]);
  await anna.page.evaluate(() => window.shown());
  await anna.tells('page_viewed');
  await stage.holds({ meta: { PageView: 1 } });
}, open);

scene('Klaviyo\'s calls from before anything had come, in each of its queues, once', async (stage) => {
  const anna = await stage.shopper('anna');
  await page(stage, anna, `<script>
    window._learnq = [['identify', { $email: 'anna.weber@example.com' }], ['track', 'Asked a Question', { topic: 'moths' }]];
    window._klOnsite = [['track', 'Asked again', { topic: 'linen' }]];
    window.klaviyo = { push(words) { window._klOnsite.push(words); } };
    klaviyo.push(['track', 'Asked a third time', {}]);
  </script>` + script(stage));
  await stage.holds({ klaviyo: { 'Asked a Question': 1, 'Asked again': 1, 'Asked a third time': 1 } });
  await stage.nothingWrong();
}, open);
