/*
 * Pictures of every page, from the stage that the scenes play on:
 *   SIDETRACK=build/release/src/app/sidetrack node tests/browser/pictures.mjs FOLDER [WORD]
 * (with sqlite3 at hand) light and dark, 1440 and 360 px wide; with a word, only those whose name holds it. The ones under
 * docs/pictures are a selection of these.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { desk } from './desk.mjs';

const [folder = 'docs/pictures', word = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const stage = await desk({ orders: 280, evil: false, well: 0.94 });
/* Nobody can wait a week for a picture: most of the orders are put on earlier days, in the store itself. */
execFileSync('sqlite3', [join(stage.folder, 'sidetrack.db'), `PRAGMA busy_timeout = 5000;
  UPDATE orders SET first_at = first_at - 86400000 * (8 * (top.last - key) / top.last) FROM (SELECT max(key) + 1 AS last FROM orders) AS top;`]);
await stage.busy(20000);
const person = (await (await stage.seat()).asks('GET', '/people?q=known@example.com')).body.people[0];
const pages = {
  login: null, today: '/', orders: '/orders', proof: `/orders/${stage.known.id}`, live: '/live', event: `/events/o_${stage.known.token}`,
  recovery: '/recovery?days=7', match: '/match', destinations: '/destinations?open=demo%2Fgoogle', refused: '/destinations?open=demo%2Fklaviyo',
  people: '/people?q=known%40example.com', person: `/people/${person.id}`, setup: '/setup', audit: '/audit',
};
for (const scheme of ['light', 'dark'])
  for (const width of [1440, 360]) {
    const wanted = Object.keys(pages).filter((name) => `${name}-${scheme}-${width}`.includes(word));
    if (wanted.length === 0) continue;
    const seat = await stage.seat({ scheme, width, height: 700, ...(wanted[0] === 'login' ? { password: '' } : {}) });
    for (const name of wanted) {
      if (name === 'login') {
        await seat.page.waitForSelector('input[name=password]');
      } else {
        await seat.visit(pages[name]);
        if (await seat.page.locator('input[name=password]').count()) await seat.logIn('a good password');
        await seat.page.waitForLoadState('load');
        await seat.page.waitForFunction(() => document.querySelector('h1') && !document.querySelector('.loading'));
        await seat.page.waitForTimeout(400); // charts and the dialog's end
      }
      if (name === 'proof') await seat.page.locator('.platform:has-text("Meta") details summary').first().click().then(() => seat.page.evaluate(() => scrollTo(0, 0)));
      await seat.page.screenshot({ path: `${folder}/${name}-${scheme}-${width}.png` });
    }
    await seat.leaves();
  }
await stage.close();
process.exit(0);
