/* Recovery and match quality: the same numbers as the command line's, with their method. */
import { readFileSync } from 'node:fs';
import { assert, page, until } from './desk.mjs';

page('recovery: the days\' halves, value, chart, CSV; the method beside the numbers', async (desk) => {
  const seat = await desk.seat({ path: '/recovery' });
  const { body } = await until('both kinds of orders are counted', async () => {
    const answer = await seat.asks('GET', '/reports/recovery?store=demo'), { orders } = answer.body.days[answer.body.days.length - 1];
    return orders.both > 0 && orders.server_only > 0 && answer;
  });
  await seat.visit('/recovery');
  await seat.sees('How this is measured');
  const day = body.days[body.days.length - 1], all = day.orders;
  assert.ok(all.both > 0 && all.server_only > 0, JSON.stringify(day));
  await seat.sees(body.method[0].slice(0, 40), 'aside.panel');
  const cells = await seat.page.locator('table.tight tbody tr >> nth=0').locator('td').allInnerTexts();
  assert.deepEqual(cells.slice(1, 4).map(Number), [all.both, all.server_only, all.browser_only]);
  assert.match(cells[4], /€/);
  assert.equal(await seat.page.locator('.chart canvas').count(), 1);
  assert.match(await seat.page.getAttribute('.chart', 'aria-label'), new RegExp(`Both halves ${all.both}`));
  await seat.page.selectOption('select[aria-label=Platform]', 'meta');
  await seat.sees('Meta, per day');
  const [download] = await Promise.all([seat.page.waitForEvent('download'), seat.page.click('a:has-text("CSV")')]);
  assert.match(readFileSync(await download.path(), 'utf8'), /^day,destination,both[\s\S]*,meta,/);
  await seat.page.fill('input[aria-label=To]', '2026-01-02');
  await seat.page.fill('input[aria-label=From]', '2026-01-01');
  await seat.sees('No conversions in these days');
  await seat.leaves();
});

page('match quality: the share of each identifier per destination, and what would raise it', async (desk) => {
  const seat = await desk.seat({ path: '/match' });
  const report = await until('the counters are written', async () => {
    const { body } = await seat.asks('GET', '/reports/match?store=demo');
    return body.destinations.some(({ destination, events }) => destination === 'meta' && events > 0) && body;
  }, 20000);
  await seat.visit('/match');
  await seat.sees('What would raise it');
  const meta = report.destinations.find(({ destination }) => destination === 'meta');
  const section = await seat.page.innerText('section.panel:has(h2:has-text("Meta"))');
  for (const line of meta.identifiers.filter(({ advice }) => advice)) assert.ok(section.includes(line.advice.replaceAll('`', '')), `${line.name}: ${section}`);
  assert.ok(section.includes('E-mail'));
  await seat.sees('How this is measured');
  await seat.leaves();
});
