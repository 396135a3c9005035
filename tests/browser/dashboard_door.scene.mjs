/* Who gets in: the first start, the password, the end of a session, the viewer; and what the page may load. */
import { gunzipSync } from 'node:zlib';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { request } from 'node:http';
import { assert, scene } from './kit.mjs';
import { page, PASSWORD, sit } from './desk.mjs';

scene('dashboard: a first start asks for the code beside the database, then for nothing but the new password', async (stage) => {
  const seat = await sit(stage, { password: '' });
  await seat.sees('First start');
  const code = readFileSync(join(stage.folder, readdirSync(stage.folder).find((name) => name.endsWith('.setup'))), 'utf8').trim();
  const fill = async (first, password, again) => {
    for (const [name, value] of [['code', first], ['password', password], ['again', again]]) await seat.page.fill(`input[name=${name}]`, value);
    await seat.page.click('button.main');
  };
  await fill('0000-0000-0000', PASSWORD, PASSWORD);
  await seat.sees('That is not the code');
  await fill(code, 'short', 'short');
  await seat.sees('at least 10 characters');
  await fill(code, PASSWORD, `${PASSWORD}!`);
  await seat.sees('differ');
  await fill(code, PASSWORD, PASSWORD);
  await seat.sees('Today', 'h1');
  await seat.leaves();
});

page('a wrong password stays outside; a session that is over comes back to where it was', async (desk) => {
  const seat = await desk.seat({ password: '', path: '/orders?q=1001' });
  await seat.page.fill('input[name=password]', 'not the password');
  await seat.page.click('button.main');
  await seat.sees('That is not the password');
  await seat.logIn(PASSWORD);
  await seat.sees('Orders', 'h1');
  await seat.context.clearCookies();
  await seat.page.keyboard.press('g');
  await seat.page.keyboard.press('d');
  await seat.sees('The session is over');
  await seat.logIn(PASSWORD);
  await seat.sees('Destinations', 'h1');
  assert.equal(new URL(seat.page.url()).pathname, '/destinations');
  await seat.page.click('text=Log out');
  await seat.page.waitForSelector('input[name=password]');
  assert.equal((await seat.asks('GET', '/overview')).status, 401);
  await seat.leaves();
});

page('a change needs the session\'s secret; a viewer may not change', async (desk) => {
  const seat = await desk.seat();
  const { body: { csrf } } = await seat.asks('GET', '/session');
  assert.equal((await seat.asks('POST', '/logout', { body: {} })).status, 403, 'without the secret');
  assert.equal((await seat.asks('POST', '/logout', { body: {}, csrf: 'f'.repeat(64) })).status, 403, 'with another');
  assert.equal((await seat.asks('POST', '/logout', { body: {}, csrf })).status, 200);
  await seat.leaves();
  const viewer = await desk.seat({ password: 'only looking' });
  await viewer.sees('Viewer: look only');
  await viewer.visit('/destinations?open=demo%2Fmeta');
  await viewer.sees('Pause');
  assert.equal(await viewer.page.isDisabled('button:has-text("Pause")'), true);
  await viewer.visit(`/orders/${desk.known.id}`);
  await viewer.sees('Both halves');
  assert.ok(!(await viewer.page.content()).includes(desk.known.email), 'a viewer sees nobody\'s address');
  await viewer.leaves();
});

/* The bytes as they travel. */
function fetched(url, headers = {}) {
  return new Promise((done, failed) => {
    request(url, { headers }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => done({ status: answer.statusCode, headers: answer.headers, bytes: Buffer.concat(parts) }));
    }).on('error', failed).end();
  });
}

page('the whole of it weighs at most 120 KiB, is kept for ever or asked again, and is the page on every path', async (desk) => {
  const base = desk.gateway.admin, gzip = { 'Accept-Encoding': 'gzip' };
  const index = await fetched(`${base}/`, gzip);
  const text = gunzipSync(index.bytes).toString();
  const paths = [...text.matchAll(/(?:src|href)="(\/assets\/[^"]+)"/g)].map((found) => found[1]);
  assert.equal(paths.length, 3);
  let weight = index.bytes.length;
  for (const path of paths) {
    const file = await fetched(base + path, gzip);
    assert.equal(file.headers['content-encoding'], 'gzip');
    assert.match(file.headers['cache-control'], /immutable/);
    assert.equal(file.headers['x-content-type-options'], 'nosniff');
    weight += file.bytes.length;
  }
  assert.ok(weight <= 120 * 1024, `${weight} bytes`);
  assert.match(index.headers['content-security-policy'], /default-src 'none'/);
  assert.equal(index.headers['cache-control'], 'no-cache');
  const again = await fetched(`${base}/orders/some%20id`, { ...gzip, 'If-None-Match': index.headers.etag });
  assert.deepEqual([again.status, again.bytes.length], [304, 0]);
  assert.equal((await fetched(`${base}/assets/app-0000000000.js`)).status, 404);
  assert.equal((await fetched(`${base}/nowhere`)).status, 404);
  assert.ok(!/<script(?![^>]*src=)|style=|\son\w+=/.test(text), 'nothing inline');
});
