/* Live: the stream, its filters, the pause, and one event's decisions. */
import { assert, page, until } from './desk.mjs';

page('live: a new event appears by itself, is held back while paused, opens with its decisions', async (desk) => {
  const seat = await desk.seat({ path: '/live' });
  await seat.sees('following');
  const look = (product) => desk.shopper(8000, { product });
  await look('Lamp of the first shopper');
  await seat.sees('Lamp of the first shopper');
  await seat.page.click('text=Pause');
  await look('Lamp of the second');
  await seat.sees(/[1-9]\d* events came meanwhile/);
  assert.ok(!(await seat.page.innerText('table')).includes('Lamp of the second'));
  await seat.page.click('text=Go on');
  await seat.sees('Lamp of the second');
  await seat.page.selectOption('select[aria-label=Event]', 'order_placed');
  await until('orders only', async () => {
    const names = await seat.page.locator('td[data-name=Event]').allInnerTexts();
    return names.length > 0 && names.every((name) => name.trim() === 'Order placed');
  });
  await seat.page.click('tbody tr:has(button) td[data-name=From] >> nth=0');
  await seat.sees('What became of it', 'dialog');
  await seat.sees(/Meta\s+✓\s*delivered/, 'dialog');
  await seat.sees('"order_placed"', 'dialog pre');
  await seat.page.keyboard.press('Escape');
  await until('closed', async () => await seat.page.locator('dialog').count() === 0);
  await seat.leaves();
});

page('live: left and come back to by the browser\'s buttons, it follows again; the pages left behind keep no connection', async (desk) => {
  const seat = await desk.seat({ path: '/live' });
  for (let n = 0; n < 8; n++) {
    await seat.visit(`/live?name=${n % 2 ? 'page_viewed' : 'product_viewed'}`);
    await seat.sees('following');
  }
  await seat.page.goBack({ waitUntil: 'commit' });
  await seat.sees('following');
  await desk.shopper(8000, { product: 'Lamp of one who came back' });
  await seat.sees('Lamp of one who came back');
  await seat.leaves();
});
