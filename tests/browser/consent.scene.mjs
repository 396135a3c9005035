/* What may be kept and sent, before an answer, after it, and after it was taken back. */
import { assert, scene, until } from './kit.mjs';

const OURS = /^_gwid|^_fb[pc]|shopify_client_id/;

/* What this browser keeps that is not the shop's own. */
async function kept(shopper) {
  const local = await shopper.page.evaluate(() => Object.keys(localStorage));
  return [...(await shopper.context.cookies()).map((one) => one.name), ...local].filter((name) => OURS.test(name));
}

scene('denied: nothing is kept, nothing is sent; granted later: from then on', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/products/wool-throw?gclid=Cj0denied');
  await anna.says('Deny');
  await anna.visit('/collections/all');
  await anna.visit('/products/wool-throw');
  assert.deepEqual(await kept(anna), []);
  assert.deepEqual(anna.told, []);

  await anna.visit('/privacy');
  await anna.page.click('#ask-again');
  await anna.says('Accept all');
  await anna.visit('/account/login');
  await anna.tells('page_viewed');
  await anna.adds('wool-throw');
  await anna.buys();
  await anna.tells('checkout_completed');
  await stage.everyOrderOnce();
  assert.equal(await stage.count('meta', 'ViewContent'), 1, 'what was seen before the yes stays unseen');
});

scene('no answer: nothing is kept or sent; the yes takes this page with it', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/products/wool-throw');
  await anna.page.waitForSelector('#consent');
  assert.deepEqual(await kept(anna), []);
  assert.deepEqual(anna.told, []);
  await anna.says('Accept all');
  await anna.tells('product_viewed');
  await stage.holds({ meta: { PageView: 1, ViewContent: 1 } });
});

scene('taken back: what was kept goes, nothing follows, the order is not told to the ads', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/products/wool-throw?fbclid=IwARback');
  await anna.says('Accept all');
  await anna.tells('product_viewed');
  await anna.adds('wool-throw');
  await anna.tells('product_added_to_cart');
  await stage.holds({ meta: { PageView: 2, ViewContent: 2, AddToCart: 1 } });

  await anna.visit('/privacy');
  await anna.tells('page_viewed', 3);
  await anna.page.click('#ask-again');
  await anna.says('Deny');
  await anna.tells('consent_withdrawn');
  await until('cookies and storage are empty again', async () => (await kept(anna)).filter((name) => name !== 'shopify_client_id').length === 0);
  const before = anna.told.length;
  await anna.buys();
  assert.equal(anna.told.length, before, 'nothing was told after the no');
  await until('Klaviyo has the order, as a transaction', async () => await stage.count('klaviyo', 'Placed Order') === 1);
  await stage.holds({ meta: { Purchase: 0, InitiateCheckout: 0 }, tiktok: { Purchase: 0 }, google: { conversion: 0 } });
  await stage.nothingWrong();
});

scene('taken back without a network: what waited is never sent, the no itself arrives', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/privacy');
  await anna.page.waitForSelector('#consent');
  await anna.says('Accept all');
  await anna.tells('page_viewed');
  await anna.context.setOffline(true);
  await anna.page.evaluate(() => window.sidetrack('event', 'search_submitted', { query: 'never to be told' }));
  await until('it waits', async () => (await anna.waits()).length === 1);
  await anna.page.click('#ask-again');
  await anna.says('Deny');
  await until(async () => `nothing is kept but ${await kept(anna)}`, async () => (await kept(anna)).every((name) => /^(shopify_client_id|_gwids)$/.test(name))); // the latter no script can take
  await anna.context.setOffline(false);
  await anna.tells('consent_withdrawn');
  await until(async () => `the server took its copy away, there is ${await kept(anna)}`, async () => !(await kept(anna)).includes('_gwids'));
  await stage.holds({ meta: { PageView: 1, Search: 0 } });
  assert.deepEqual(anna.toldOf('search_submitted'), []);
  await stage.nothingWrong();
});

scene('a choice: counting yes, advertising no', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/products/wool-throw?gclid=Cj0choice');
  await anna.says('Choose', ['analytics']);
  await anna.tells('product_viewed');
  await anna.adds('wool-throw');
  await anna.buys();
  assert.equal(await anna.cookie('_fbp'), undefined);
  await until('GA4 has the order', async () => await stage.count('ga4', 'purchase') === 1);
  await stage.holds({ meta: { PageView: 0, Purchase: 0 }, tiktok: { Purchase: 0 }, google: { conversion: 0 } });
  await stage.nothingWrong();
});

scene('Global Privacy Control: told as no sale of data, in everything that is sent', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.context.addInitScript(() => Object.defineProperty(navigator, 'globalPrivacyControl', { value: true }));
  await anna.visit('/products/wool-throw');
  await anna.says('Accept all');
  await anna.tells('product_viewed');
  const { id } = anna.toldOf('product_viewed')[0];
  assert.match(await stage.says('show', 'event', id, '--json'), /"sale_of_data": ?"denied"/);
  await stage.holds({ meta: { ViewContent: 1 }, tiktok: { ViewContent: 1 } });
  const [meta] = await stage.got('meta', 'ViewContent'), [tiktok] = await stage.got('tiktok', 'ViewContent');
  assert.deepEqual(meta.data_processing_options, ['LDU']);
  assert.equal(tiktok.limited_data_use, true);
  await stage.nothingWrong();
});
