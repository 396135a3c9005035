/* An ad blocker, the network, and a cookie that a browser throws away. */
import { assert, scene, until } from './kit.mjs';

/* What the common lists stop (contracts/sources 4.4): the tags, and Shopify's pixel runtime. */
const BLOCKED = [/facebook\.(net|com)/, /analytics\.tiktok\.com/, /googletagmanager\.com/, /\/web-pixels\//, /\/pixels\.js/];

async function block(shopper) {
  for (const pattern of BLOCKED) await shopper.context.route(pattern, (route) => route.abort());
}

scene('ad blocker: tags and pixel runtime are gone, the order still counts, with the person and the click', async (stage) => {
  const anna = await stage.shopper('anna');
  await block(anna);
  await anna.visit('/?gclid=Cj0blocked&fbclid=IwARblocked&ttclid=E.C.P.blocked');
  await anna.says('Accept all');
  await anna.adds('canvas-tote');
  await anna.tells('product_added_to_cart');
  const order = await anna.buys();
  await stage.everyOrderOnce();
  assert.deepEqual(anna.told.filter((one) => one.by === 'pixel'), [], 'no pixel told anything');

  const [meta] = await stage.got('meta', 'Purchase');
  assert.match(meta.user_data.fbc, /\.IwARblocked$/);
  assert.equal(meta.user_data.fbp, decodeURIComponent(await anna.cookie('_fbp')));
  const [tiktok] = await stage.got('tiktok', 'Purchase');
  assert.equal(tiktok.user.ttclid, 'E.C.P.blocked');
  const [google] = await stage.got('google', 'conversion');
  assert.equal(google.adIdentifiers.gclid, 'Cj0blocked');

  /* The right person: the visitor of this browser is she. */
  const story = await stage.says('show', 'order', order.number);
  assert.ok(story.includes(await anna.visitor()), story);
});

scene('Safari\'s seven days: the server\'s copy knows her again, visit after visit', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/products/canvas-tote?gclid=Cj0safari');
  await anna.says('Accept all');
  await anna.tells('product_viewed');
  const visitor = await anna.visitor();
  await until('the server has set its copy', () => anna.cookie('_gwids'));

  await anna.daysLater(6);
  assert.equal(await anna.visitor(), visitor, 'a script\'s cookie lives six days');
  await anna.visit('/');
  await anna.tells('page_viewed', 2);
  await anna.quiet();
  await anna.daysLater(6);
  assert.equal(await anna.visitor(), visitor, 'each visit starts the seven days again');
  await anna.daysLater(8);
  assert.deepEqual([await anna.visitor(), Boolean(await anna.cookie('_gwids'))], [undefined, true]);
  await anna.adds('canvas-tote');
  await until('the snippet goes on with the visitor it was', async () => await anna.visitor() === visitor);
  await anna.buys();
  await anna.tells('checkout_completed');
  await stage.everyOrderOnce();
  const [google] = await stage.got('google', 'conversion');
  assert.equal(google.adIdentifiers.gclid, 'Cj0safari', 'the click of the first visit is with the order of the last');
});

scene('Safari and a gateway at another address: a new visitor after eight days, the same person once she is named', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/products/canvas-tote');
  await anna.says('Accept all');
  await anna.tells('product_viewed');
  await anna.page.fill('#newsletter [type=email]', anna.person.email);
  await anna.page.click('#newsletter button');
  await until('the gateway knows who subscribed', () => stage.says('show', 'person', anna.person.email).then((story) => story.includes('subscribed')));
  const before = await anna.visitor();
  await anna.tells('page_viewed', 2);
  await anna.quiet();

  await anna.daysLater(8, { cloaked: true });
  assert.deepEqual([await anna.visitor(), await anna.cookie('_gwids')], [undefined, undefined]);
  await anna.adds('canvas-tote');
  const after = await anna.visitor();
  assert.notEqual(after, before);
  await anna.buys();
  await anna.tells('checkout_completed');
  await stage.everyOrderOnce();
  const story = await stage.says('show', 'person', anna.person.email);
  for (const one of [before, after]) assert.ok(story.includes(one), story);
});

scene('offline, then online: what happened meanwhile arrives, once', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/');
  await anna.says('Accept all');
  await anna.tells('page_viewed');
  await anna.context.setOffline(true);
  await anna.page.evaluate(() => {
    for (const n of [1, 2, 3]) window.sidetrack('event', 'search_submitted', { query: `while away ${n}` });
  });
  await until('they are kept', async () => (await anna.waits()).length === 3);
  assert.equal(anna.toldOf('search_submitted').length, 0);
  await anna.context.setOffline(false);
  await anna.tells('search_submitted', 3);
  await stage.holds({ meta: { PageView: 1, Search: 3 } });
  await anna.adds('canvas-tote');
  await anna.buys();
  await anna.tells('checkout_completed');
  await stage.everyOrderOnce();
});

scene('a reload in the middle of the queue: the next page sends it, once', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/');
  await anna.says('Accept all');
  await anna.tells('page_viewed');
  await anna.context.route('**/qzkv', (route) => route.abort());
  await anna.visit('/products/canvas-tote');
  await until('the view is kept', async () => (await anna.waits()).some((event) => event.name === 'product_viewed'));
  await anna.context.unroute('**/qzkv');
  await anna.page.reload();
  await anna.tells('product_viewed', 2);
  await stage.holds({ meta: { PageView: 3, ViewContent: 2 } });
  await stage.nothingWrong();
});

/* The merchant's own tags, whose libraries came (or did not, where a blocker has them). */
const tagsOfTheMerchant = (came) => {
  window.calls = { meta: [], tiktok: [], google: [] };
  window.fbq = Object.assign((...words) => window.calls.meta.push(words), came ? { callMethod: true } : {});
  window.ttq = came ? { track: (...words) => window.calls.tiktok.push(words) } : Object.assign([['load', 'C4A1']], { track: () => undefined });
  window.gtag = (...words) => window.calls.google.push(words);
  if (came) window.google_tag_manager = {};
};
const bridged = { store: '    bridge: [meta, tiktok, google]\n' };

scene('the merchant\'s own tags fire with the ids that the gateway sends', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.context.addInitScript(tagsOfTheMerchant, true);
  await anna.visit('/products/canvas-tote');
  await anna.says('Accept all');
  await anna.tells('product_viewed');
  const { id } = anna.toldOf('product_viewed')[0];
  const calls = await anna.page.evaluate(() => window.calls);
  const seen = calls.meta.find((words) => words[1] === 'ViewContent');
  assert.equal(seen[3].eventID, id);
  assert.equal(calls.tiktok.find((words) => words[0] === 'ViewContent')[2].event_id, id);
  assert.ok(calls.google.some((words) => words[1] === 'view_item'));
  await stage.holds({ meta: { ViewContent: 1 } });
  assert.equal((await stage.got('meta', 'ViewContent'))[0].event_id, id);
  await stage.nothingWrong();
}, bridged);

/* The vendors' scripts, as a sandbox would load them: each takes over its stub and keeps what was called. */
const VENDORS = {
  'connect.facebook.net': 'fbq.callMethod = (...words) => keep("meta", words); fbq.queue.splice(0).forEach((words) => fbq.callMethod(...words));',
  'analytics.tiktok.com': 'const calls = ttq.splice(0); ttq.track = (...words) => keep("tiktok", ["track", ...words]); calls.forEach((words) => keep("tiktok", words));',
  'www.googletagmanager.com': 'const push = (words) => keep("google", [...words]); dataLayer.splice(0).forEach(push); dataLayer.push = push;',
};

scene('the checkout: tags in the sandbox of the pixel that `describe pixel` prints fire the sale with the order\'s id', async (stage) => {
  const anna = await stage.shopper('anna'), calls = { meta: [], tiktok: [], google: [] };
  const pasted = (await stage.says('describe', 'pixel')).split('paste:\n\n')[1];
  assert.match(pasted, /^const collect = 'https:\/\/127.0.0.1\/qzkv', cookie = '_gwid', attribute = '_qz';\nconst tags = \{"meta":"1234567890","tiktok":"C4A1B2C3D4E5F6G7H8I9","google":"G-DEMO","purchase":"order_id","value":"total"\};\n/);
  await anna.context.route('**/web-pixels/custom.js', (route) => route.fulfill({ contentType: 'text/javascript', body: pasted.replace('https://127.0.0.1/qzkv', `${stage.gateway.url}/qzkv`) }));
  await anna.context.exposeBinding('keep', (_, tag, words) => { calls[tag].push(words); });
  for (const host in VENDORS)
    await anna.context.route(`https://${host}/**`, (route) => route.fulfill({ contentType: 'text/javascript', body: `(() => { const keep = (tag, words) => window.keep(tag, JSON.parse(JSON.stringify(words))); ${VENDORS[host]} })();` }));
  await anna.visit('/');
  await anna.says('Accept all');
  await anna.adds('canvas-tote');
  await anna.tells('product_added_to_cart');
  const order = await anna.buys();
  await anna.tells('checkout_completed');
  const id = `o_${order.checkout_token}`, found = (tag, name) => calls[tag].find((words) => words[1] === name);
  await until('each tag has the sale', () => found('meta', 'Purchase') && found('tiktok', 'Purchase') && found('google', 'purchase'));
  assert.equal(found('meta', 'Purchase')[3].eventID, id);
  assert.equal(found('tiktok', 'Purchase')[3].event_id, id);
  assert.equal(found('google', 'purchase')[2].transaction_id, order.id.replace(/\D/g, ''));
  const started = anna.toldOf('checkout_started')[0];
  assert.equal(found('meta', 'InitiateCheckout')[3].eventID, started.id);
  assert.ok(!found('meta', 'AddToCart') && !found('meta', 'PageView'), 'the storefront is the snippet\'s');

  /* The platforms hold the same sale under the same id, once, with the same worth. */
  await stage.everyOrderOnce();
  const [server] = await stage.got('meta', 'Purchase');
  assert.equal(server.event_id, id);
  assert.equal(server.custom_data.value, found('meta', 'Purchase')[2].value);
  assert.deepEqual(server.custom_data.content_ids, found('meta', 'Purchase')[2].content_ids);
}, bridged);

scene('tags that a blocker stopped are named in what the snippet tells', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.context.addInitScript(tagsOfTheMerchant, false);
  await anna.visit('/products/canvas-tote');
  await anna.says('Accept all');
  await anna.tells('product_viewed');
  let query = 0;
  await until('the tags are told as blocked', async () => {
    await anna.page.evaluate((n) => window.sidetrack('event', 'search_submitted', { query: `n ${n}` }), query++);
    await anna.tells('search_submitted', query);
    const last = anna.toldOf('search_submitted').pop();
    return /"meta": ?"blocked"/.test(await stage.says('show', 'event', last.id, '--json'));
  });
}, bridged);
