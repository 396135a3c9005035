/* The whole way from an ad to the thank-you page and back to the merchant, in one browser. */
import { assert, scene } from './kit.mjs';

scene('full funnel: every step and the order, once on every platform', async (stage) => {
  const anna = await stage.shopper('anna', { proxied: true });
  await anna.visit('/?gclid=Cj0KCQiA_funnel&fbclid=IwAR0funnel');
  await anna.says('Accept all');
  await anna.visit('/collections/wear');
  await anna.visit('/search?q=linen');
  await anna.adds('linen-shirt');
  await anna.tells('product_added_to_cart');
  await anna.visit('/cart');
  const order = await anna.buys();
  await anna.tells('checkout_completed');

  await stage.everyOrderOnce();
  await stage.holds({
    meta: { PageView: 5, ViewContent: 2, Search: 1, AddToCart: 1, InitiateCheckout: 1, AddPaymentInfo: 1, Purchase: 1 },
    klaviyo: { 'Checkout Started': 1, 'Placed Order': 1, 'Ordered Product': 1 },
  });

  /* The same id on both sides, for each event that the browser told. */
  const [added] = anna.toldOf('product_added_to_cart');
  assert.deepEqual((await stage.got('meta', 'AddToCart')).map((one) => one.event_id), [added.id]);
  assert.deepEqual((await stage.got('tiktok', 'AddToCart')).map((one) => one.event_id), [added.id]);

  /* Who and by which click: what was in the first URL is with the order. */
  const [sale] = await stage.got('meta', 'Purchase');
  assert.equal(sale.event_id, `o_${order.checkout_token}`);
  assert.match(sale.user_data.fbc, /\.IwAR0funnel$/);
  assert.equal(sale.user_data.client_ip_address, anna.person.ip);
  const [conversion] = await stage.got('google', 'conversion');
  assert.equal(conversion.adIdentifiers.gclid, 'Cj0KCQiA_funnel');

  /* What the merchant does later. */
  await stage.merchant(order, 'fulfill');
  await stage.merchant(order, 'deliver');
  await stage.merchant(order, 'refund');
  await stage.holds({
    klaviyo: { 'Fulfilled Order': 1, 'Delivered Shipment': 1, 'Refunded Order': 1 },
    ga4: { refund: 1 },
    google: { restatement: 1 },
  });
});

/* The pixel is stopped: only the cart can say whose order it is. */
async function withoutPixel(stage) {
  const anna = await stage.shopper('anna');
  for (const pattern of [/\/web-pixels\//, /\/pixels\.js/]) await anna.context.route(pattern, (route) => route.abort());
  return anna;
}

async function isHers(stage, anna, order) {
  const story = await stage.says('show', 'order', order.number);
  assert.ok(story.includes(await anna.visitor()), story);
  await stage.everyOrderOnce();
}

scene('buy it now goes past the cart; the link itself says whose it is', async (stage) => {
  const anna = await withoutPixel(stage);
  await anna.visit('/products/oak-board?ttclid=E.C.P.now');
  await anna.says('Accept all');
  await anna.tells('product_viewed');
  const order = await anna.buys({ press: '#now' });
  await isHers(stage, anna, order);
  const [sale] = await stage.got('tiktok', 'Purchase');
  assert.equal(sale.event_id, `o_${order.checkout_token}`);
  assert.equal(sale.user.ttclid, 'E.C.P.now');
});

scene('the checkout is pressed in the moment the cart was filled: it is still hers', async (stage) => {
  const anna = await withoutPixel(stage);
  await anna.visit('/products/oak-board?ttclid=E.C.P.quick');
  await anna.says('Accept all');
  await anna.tells('product_viewed');
  await anna.page.evaluate(() => {
    const way = Object.assign(document.createElement('a'), { href: '/checkout', id: 'way', textContent: 'Check out' });
    document.querySelector('main').prepend(way);
    const filled = fetch;
    window.fetch = (...words) => filled(...words).then((answer) => {
      if (/add\.js/.test(words[0])) way.click(); // as quick as a theme that goes there by itself
      return answer;
    });
  });
  const order = await anna.buys({ press: '#product button' });
  await isHers(stage, anna, order);
  assert.equal((await stage.got('tiktok', 'Purchase'))[0].user.ttclid, 'E.C.P.quick');
});

scene('a checkout by the cart\'s form carries the visitor as a field', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/');
  await anna.says('Accept all');
  await anna.adds('oak-board');
  await anna.visit('/cart');
  await anna.tells('cart_viewed');
  const field = await anna.page.evaluate(() => new Promise((done) => {
    const form = Object.assign(document.createElement('form'), { method: 'post', action: '/cart' });
    form.innerHTML = '<input name=action value=x><button name=checkout>Go</button>';
    document.body.append(form);
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      done(new FormData(form).get('attributes[_qz]'));
    });
    form.querySelector('button').click();
  }));
  assert.equal(field, await anna.visitor());
});
