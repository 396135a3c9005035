// node bench/peers/forwarder.mjs PORT SINK SECRET: a server-side tagging endpoint as an agency writes one, to be measured
// beside ours. Prints its port; at SIGTERM "deliveries N", "failed N", "p50 MS", "p99 MS" (arrival to acceptance).
//
// Meant as a fair picture of common practice and not as a straw man: Node's own http server and `fetch` (undici, which
// keeps connections alive), one hash a value, one request an event and platform, because that is how the platforms'
// quick starts read. It answers at once and forwards afterwards. What it does not do and ours does: keep anything on
// disk, batch, retry, deduplicate, know visitors, join an order's halves, ask consent, keep to rate limits. It sends
// each platform the events that ours sends, so that both have the same number of deliveries to make.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';

const [port, sink, secret] = process.argv.slice(2);
const told = { failed: 0, lags: [] };

const hash = (value) => (value ? createHash('sha256').update(String(value).trim().toLowerCase()).digest('hex') : undefined);
const seconds = (ms) => Math.floor(ms / 1000);
const META = { page_viewed: 'PageView', product_viewed: 'ViewContent', product_added_to_cart: 'AddToCart', cart_viewed: 'ViewCart', order_placed: 'Purchase' };
const TIKTOK = { page_viewed: 'Pageview', product_viewed: 'ViewContent', product_added_to_cart: 'AddToCart', order_placed: 'CompletePayment' };
const KLAVIYO = { page_viewed: 'Active on Site', product_viewed: 'Viewed Product', product_added_to_cart: 'Added to Cart', cart_viewed: 'Viewed Cart', order_placed: 'Placed Order' };

// ---- one request a platform ----

const contents = (event) => event.items.map((item) => ({ id: String(item.product_id), quantity: item.quantity, item_price: Number(item.price) }));

function meta(event) {
  return ['/v26.0/1/events', { access_token: 't', data: [{
    event_name: META[event.name], event_time: seconds(event.at), event_id: event.id, action_source: 'website', event_source_url: event.url,
    user_data: { em: [hash(event.email)], ph: [hash(event.phone)], client_ip_address: event.ip, client_user_agent: event.agent, fbp: event.fbp, external_id: [hash(event.visitor)] },
    custom_data: { currency: event.currency, value: event.value, content_type: 'product', contents: contents(event), order_id: event.order },
  }] }];
}

function google(event) {
  return ['/v1/events:ingest', { destinations: [{ operatingAccount: { accountId: '1234567890' }, productDestinationId: '1' }], events: [{
    eventTimestamp: new Date(event.at).toISOString(), transactionId: event.order, conversionValue: event.value, currency: event.currency,
    userData: { userIdentifiers: [{ emailAddress: hash(event.email) }, { phoneNumber: hash(event.phone) }] },
  }] }];
}

function tiktok(event) {
  return ['/open_api/v1.3/event/track/', { event_source: 'web', event_source_id: 'C0BENCH', data: [{
    event: TIKTOK[event.name], event_time: seconds(event.at), event_id: event.id, page: { url: event.url },
    user: { email: hash(event.email), phone: hash(event.phone), external_id: hash(event.visitor), ip: event.ip, user_agent: event.agent },
    properties: { currency: event.currency, value: event.value, contents: contents(event).map((one) => ({ content_id: one.id, quantity: one.quantity, price: one.item_price })), order_id: event.order },
  }] }];
}

function ga4(event) {
  return ['/mp/collect?measurement_id=G-BENCH&api_secret=s', { client_id: event.visitor, timestamp_micros: event.at * 1000, events: [{
    name: 'purchase', params: { transaction_id: event.order, currency: event.currency, value: event.value, items: contents(event).map((one) => ({ item_id: one.id, quantity: one.quantity, price: one.item_price })) },
  }] }];
}

function klaviyo(event) {
  return ['/api/events', { data: { type: 'event', attributes: {
    metric: { data: { type: 'metric', attributes: { name: KLAVIYO[event.name] } } }, unique_id: event.id, time: new Date(event.at).toISOString(), value: event.value,
    profile: { data: { type: 'profile', attributes: { email: event.email, phone_number: event.phone, anonymous_id: event.visitor } } },
    properties: { currency: event.currency, url: event.url, items: event.items },
  } } }];
}

async function send(event, [path, body]) {
  try {
    const answer = await fetch(sink + path, {
      method: 'POST', headers: { 'Content-Type': 'application/json', Authorization: 'Bearer t' }, body: JSON.stringify(body),
    });
    await answer.text();
    if (answer.ok) told.lags.push(Date.now() - event.arrived);
    else told.failed++;
  } catch {
    told.failed++;
  }
}

function forward(event) {
  if (META[event.name]) send(event, meta(event));
  if (TIKTOK[event.name]) send(event, tiktok(event));
  if (KLAVIYO[event.name]) send(event, klaviyo(event));
  if (event.name === 'order_placed') {
    send(event, google(event));
    send(event, ga4(event));
  }
}

// ---- what comes in: the snippet's JSON, Shopify's orders ----

function browserEvents(body, request, arrived) {
  return body.events.map((one) => ({
    arrived, id: one.id, name: one.name, at: one.at, visitor: body.visitor, url: body.page.url, fbp: body.ids.fbp,
    ip: request.headers['x-forwarded-for'], agent: request.headers['user-agent'],
    currency: one.data?.currency, value: one.data && Number(one.data.value), items: one.data?.items || [],
  }));
}

function orderEvent(order, arrived) {
  return {
    arrived, id: `order-${order.id}`, name: 'order_placed', at: Date.parse(order.created_at), visitor: order.note_attributes.find(({ name }) => name === '_qz')?.value,
    url: order.order_status_url, email: order.email, phone: order.phone, ip: order.browser_ip, agent: order.client_details?.user_agent,
    currency: order.currency, value: Number(order.total_price), order: String(order.id), items: order.line_items,
  };
}

function signed(raw, given) {
  const wanted = createHmac('sha256', secret).update(raw).digest();
  const got = Buffer.from(String(given), 'base64');
  return got.length === wanted.length && timingSafeEqual(got, wanted);
}

const server = createServer((request, response) => {
  const pieces = [];
  request.on('data', (piece) => pieces.push(piece));
  request.on('end', () => {
    const arrived = Date.now(), raw = Buffer.concat(pieces);
    const isOrder = request.url === '/shopify/webhooks';
    if (isOrder && !signed(raw, request.headers['x-shopify-hmac-sha256'])) return response.writeHead(401).end();
    try {
      const body = JSON.parse(raw);
      response.writeHead(204).end();
      for (const event of isOrder ? [orderEvent(body, arrived)] : browserEvents(body, request, arrived)) forward(event);
    } catch {
      response.writeHead(400).end();
    }
    return undefined;
  });
});
server.listen(Number(port), '127.0.0.1', () => console.log(server.address().port));

process.on('SIGTERM', () => {
  const lags = told.lags.sort((a, b) => a - b), part = (share) => lags[Math.floor((lags.length - 1) * share)] ?? 0;
  console.log(`deliveries ${lags.length}\nfailed ${told.failed}\np50 ${part(0.5)}\np99 ${part(0.99)}`);
  process.exit(0);
});
