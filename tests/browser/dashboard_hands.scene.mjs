/* What a person does at the desk: pause and resume, letters, replay, people, setup; by hand and by key. */
import { readFileSync } from 'node:fs';
import { assert, page, until } from './desk.mjs';

const state = (desk, name, word) => desk.metric(`sidetrack_destination_state{store="demo",destination="${name}",state="${word}"} 1`);

page('destinations: paused and resumed by hand, nothing lost', async (desk) => {
  const seat = await desk.seat({ path: '/destinations?open=demo%2Fga4' });
  await seat.page.click('.actions button:has-text("Pause")');
  await seat.page.click('dialog button:has-text("Cancel")');
  await seat.page.click('.actions button:has-text("Pause")');
  await seat.page.click('dialog button:has-text("Pause")');
  await seat.sees('paused by a person');
  await until('the gateway paused it', async () => await state(desk, 'ga4', 'paused') === 1);
  const held = await desk.count('ga4', 'purchase');
  await desk.shopper(8101, { order: true });
  await seat.page.click('button:has-text("Resume")');
  await until('the order of the pause arrived', async () => await desk.count('ga4', 'purchase') === held + 1);
  await until('it runs', async () => await state(desk, 'ga4', 'live') === 1);
  await seat.leaves();
});

page('destinations: the platform\'s own words, a test of the connection, a dry replay', async (desk) => {
  const seat = await desk.seat({ path: '/destinations?open=demo%2Fgoogle' });
  await seat.sees('Request had invalid authentication credentials');
  await seat.page.click('.destination:has-text("Meta") .opener');
  await seat.page.click('button:has-text("Test connection")');
  await seat.page.waitForSelector('.toast');
  await seat.page.click('button:has-text("Replay")');
  assert.equal(await seat.page.isDisabled('dialog button.main'), true, 'nothing is sent before it was counted');
  const before = await desk.count('meta', 'Purchase');
  await seat.page.click('dialog button:has-text("Count")');
  await seat.sees(/\d+ events? would be looked at again; \d+ of the period/, 'dialog');
  assert.equal(await desk.count('meta', 'Purchase'), before, 'a dry run sends nothing');
  await seat.page.keyboard.press('Escape');
  await seat.leaves();
});

page('letters: what Klaviyo refused, tried again and dropped, the latter only when it was typed', async (desk) => {
  const seat = await desk.seat({ path: '/destinations?open=demo%2Fklaviyo' });
  const letters = async () => (await seat.asks('GET', '/letters?store=demo&destination=klaviyo')).body.letters.length;
  await seat.sees('given up');
  const had = await letters();
  await seat.page.click('button:has-text("again")');
  await seat.sees(/letters? will be tried again/);
  await until('it was refused again', async () => (await seat.asks('GET', '/letters?store=demo&destination=klaviyo')).body.letters.filter(({ state }) => state === 'dead').length === had);
  await seat.visit('/destinations?open=demo%2Fklaviyo');
  await seat.sees('given up');
  await seat.page.click('button.danger:has-text("Drop")');
  assert.equal(await seat.page.isDisabled('dialog button.danger'), true);
  await seat.page.fill('dialog input', 'drop');
  await seat.page.click('dialog button.danger');
  await until('they are gone', async () => await letters() === 0);
  await seat.sees('None: nothing is undelivered');
  await seat.leaves();
});

page('people: looked up, exported, forgotten with a receipt', async (desk) => {
  const lost = await desk.shopper(8203, { order: true, email: 'leaver@example.com' });
  const seat = await desk.seat({ path: '/people' });
  await seat.sees('Nobody is listed unasked');
  await seat.page.keyboard.press('/');
  await seat.page.keyboard.type('leaver@example.com');
  await seat.page.click('tbody a:has-text("leaver@example.com")');
  await seat.sees('leaver@example.com', 'h1');
  await seat.sees('Order placed');
  const [download] = await Promise.all([seat.page.waitForEvent('download'), seat.page.click('a:has-text("Export")')]);
  assert.ok(readFileSync(await download.path(), 'utf8').includes('leaver@example.com'));
  await seat.page.click('button:has-text("Forget")');
  assert.equal(await seat.page.isDisabled('dialog button.danger'), true);
  await seat.page.fill('dialog input', 'leaver@example.com');
  await seat.page.click('dialog button.danger');
  await seat.sees('This is the receipt', 'dialog');
  assert.ok(!(await seat.page.innerText('dialog pre')).includes('leaver@'), 'the receipt names nobody');
  await seat.page.click('dialog button.main');
  await seat.visit('/people?q=leaver%40example.com');
  await seat.sees('Nobody is known by that');
  assert.ok(lost.id);
  await seat.leaves();
});

page('setup: what to paste, copied; the list is green but for what never came', async (desk) => {
  const seat = await desk.seat({ path: '/setup' });
  await seat.context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await seat.sees('First signed webhook');
  assert.equal(await seat.page.locator('.checks .done:has-text("First snippet hit")').count(), 1);
  assert.equal(await seat.page.locator('.checks li:not(.done):has-text("server API")').count(), 1);
  await seat.page.click('.steps .copy >> nth=0');
  await seat.sees('Copied');
  assert.match(await seat.page.evaluate(() => navigator.clipboard.readText()), /qzkv\.js/);
  const answer = await fetch(`${desk.gateway.url}/v1/events`, { method: 'POST', headers: { Authorization: 'Bearer let-me-in', 'Content-Type': 'application/json' }, body: JSON.stringify([{ id: 'api-1', name: 'page_viewed', at: Date.now() }]) });
  assert.equal(answer.status, 200);
  await seat.sees('Everything has arrived');
  await seat.leaves();
});

const PAGES = { t: ['Today', '/'], o: ['Orders', '/orders'], l: ['Live', '/live'], r: ['Recovery', '/recovery'], m: ['Match quality', '/match'], d: ['Destinations', '/destinations'], p: ['People', '/people'], a: ['Audit', '/audit'], s: ['Setup', '/setup'] };

page('every page by two keys; ? lists them; Esc closes; Tab reaches the page past the list', async (desk) => {
  const seat = await desk.seat();
  for (const [key, [title, path]] of Object.entries(PAGES)) {
    await seat.page.evaluate(() => document.activeElement?.blur());
    await seat.page.keyboard.press('g');
    await seat.page.keyboard.press(key);
    await seat.sees(title, 'h1');
    assert.equal(new URL(seat.page.url()).pathname, path);
    assert.ok((await seat.page.locator('nav [aria-current=page]').innerText()).startsWith(title));
  }
  await seat.page.keyboard.press('?');
  await seat.sees('Match quality', 'dialog[open]');
  await seat.page.waitForSelector('dialog:focus-within');
  await seat.page.keyboard.press('Escape');
  await until('closed', async () => await seat.page.locator('dialog').count() === 0);
  await seat.visit('/');
  await seat.sees('Today', 'h1');
  await seat.page.keyboard.press('Tab');
  await seat.page.keyboard.press('Enter');
  assert.equal(await seat.page.evaluate(() => document.activeElement.id), 'main');
  await seat.leaves();
});

page('nothing scrolls sideways at 360 and at 1440 px; every field and button has a name; the theme turns and stays', async (desk) => {
  const open = '?open=demo%2Fklaviyo';
  for (const width of [360, 1440]) {
    const seat = await desk.seat({ width, scheme: 'dark' });
    for (const path of ['/', '/orders', `/orders/${desk.known.id}`, `/orders/${desk.evil.id}`, '/live', `/events/o_${desk.evil.token}`, '/recovery', '/match', `/destinations${open}`, '/people?q=known%40example.com', '/audit', '/setup']) {
      await seat.visit(path);
      await until(() => seat.page.innerText('body').then((seen) => `${path} is there; it shows: ${seen.slice(0, 1500)}`), () => seat.page.evaluate(() => document.querySelector('h1') && !document.querySelector('.loading')));
      await seat.fits();
      const unnamed = await seat.page.evaluate(() => [...document.querySelectorAll('button, input, select, a')].filter((one) => !(one.textContent || one.getAttribute('aria-label') || one.labels?.[0]?.textContent || '').trim()).map((one) => one.outerHTML));
      assert.deepEqual(unnamed, [], path);
    }
    const shade = () => seat.page.evaluate(() => getComputedStyle(document.body).backgroundColor);
    const dark = await shade();
    await seat.page.click('button:has-text("Light")');
    assert.notEqual(await shade(), dark);
    await seat.visit('/orders');
    await seat.sees('Orders', 'h1');
    assert.notEqual(await shade(), dark, 'the choice stays');
    await seat.leaves();
  }
});
