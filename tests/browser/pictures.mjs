/*
 * Pictures of every page, from the stage that the scenes play on:
 *   SIDETRACK=build/release/src/app/sidetrack node tests/browser/pictures.mjs FOLDER [WORD]
 * light and dark, 1440 and 360 px wide; with a word, only those whose name holds it. The ones under
 * docs/pictures are a selection of these.
 */
import { mkdirSync } from 'node:fs';
import { desk } from './desk.mjs';

const [folder = 'docs/pictures', word = ''] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const stage = await desk(120);
await stage.busy(20000);
const person = (await (await stage.seat()).asks('GET', '/people?q=known@example.com')).body.people[0];
const pages = {
  login: null, today: '/', orders: '/orders', proof: `/orders/${stage.known.id}`, live: '/live', event: `/events/o_${stage.known.token}`,
  recovery: '/recovery', match: '/match', destinations: '/destinations?open=demo%2Fgoogle', refused: '/destinations?open=demo%2Fklaviyo',
  people: '/people?q=known%40example.com', person: `/people/${person.id}`, setup: '/setup',
};
for (const scheme of ['light', 'dark'])
  for (const width of [1440, 360]) {
    const wanted = Object.keys(pages).filter((name) => `${name}-${scheme}-${width}`.includes(word));
    if (wanted.length === 0) continue;
    const seat = await stage.seat({ scheme, width, ...(wanted[0] === 'login' ? { password: '' } : {}) });
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
      if (name === 'proof') await seat.page.locator('.platform:has-text("Meta") details summary').first().click();
      await seat.page.screenshot({ path: `${folder}/${name}-${scheme}-${width}.png` });
    }
    await seat.leaves();
  }
await stage.close();
process.exit(0);
