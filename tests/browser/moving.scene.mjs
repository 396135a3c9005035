/* Ways through a shop that are not one page after another. */
import { assert, scene, until } from './kit.mjs';

/* What a theme without page loads does: fetches the next page, puts it in place, moves the address. */
async function moves(shopper, path) {
  await shopper.page.evaluate(async (to) => {
    const next = new DOMParser().parseFromString(await (await fetch(to)).text(), 'text/html');
    document.title = next.title;
    document.querySelector('main').replaceWith(next.querySelector('main'));
    document.getElementById('sidetrack-page')?.remove();
    if (next.getElementById('sidetrack-page')) document.body.append(next.getElementById('sidetrack-page'));
    history.pushState(null, '', to);
  }, path);
}

scene('a shop without page loads: each address is a view, with its own product', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/');
  await anna.says('Accept all');
  await anna.tells('page_viewed', 1);
  await moves(anna, '/products/wool-throw');
  await anna.tells('product_viewed', 1);
  await moves(anna, '/products/oak-board');
  await anna.tells('product_viewed', 2);
  await stage.holds({ meta: { PageView: 3, ViewContent: 2 } });
  const urls = (await stage.got('meta', 'ViewContent')).map((one) => new URL(one.event_source_url).pathname).sort();
  assert.deepEqual(urls, ['/products/oak-board', '/products/wool-throw']);
  await anna.adds('oak-board');
  await anna.buys();
  await anna.tells('checkout_completed');
  await stage.everyOrderOnce();
});

scene('back and forward: a page that the browser kept whole is seen again when it is shown again', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/products/wool-throw');
  await anna.says('Accept all');
  await anna.tells('product_viewed', 1);
  await anna.page.evaluate(() => { window.stayed = true; });
  await anna.quiet();
  await anna.page.waitForLoadState('networkidle'); // a page with requests under way is not kept
  await anna.visit('/collections/all');
  await anna.tells('collection_viewed', 1);
  await anna.quiet();
  await anna.page.goBack({ waitUntil: 'commit' });
  assert.ok(await anna.page.evaluate(() => window.stayed), 'this Chromium did not keep the page');
  await anna.tells('page_viewed', 3);
  await anna.quiet();
  await anna.page.goForward({ waitUntil: 'commit' });
  await anna.tells('page_viewed', 4);
  await stage.holds({ meta: { PageView: 4 } });
  await anna.adds('wool-throw');
  await anna.buys();
  await anna.tells('checkout_completed');
  await stage.everyOrderOnce();
});

scene('two tabs of one visitor: two views, one cart, one order, nothing twice', async (stage) => {
  const anna = await stage.shopper('anna');
  await anna.visit('/products/wool-throw');
  await anna.says('Accept all');
  await anna.tells('product_viewed');
  const first = anna.page;
  await anna.tab();
  await anna.visit('/products/oak-board');
  await anna.tells('product_viewed', 2);

  /* Both tabs hold what could not be sent; both wake up at once. */
  await anna.context.setOffline(true);
  for (const page of [first, anna.page]) await page.evaluate(() => window.sidetrack('event', 'search_submitted', { query: 'two tabs' }));
  await until('both are kept', async () => (await anna.waits()).length === 2);
  await anna.context.setOffline(false);
  await anna.tells('search_submitted', 2);

  await first.click('#product button');
  await first.waitForSelector('#added:not([hidden])');
  await anna.tells('product_added_to_cart');
  await anna.buys();
  await anna.tells('checkout_completed');
  await stage.everyOrderOnce();
  await stage.holds({ meta: { Search: 2, ViewContent: 2, AddToCart: 1, Purchase: 1 } });
  assert.equal(new Set(anna.told.filter((one) => one.visitor).map((one) => one.visitor)).size, 1);
});
