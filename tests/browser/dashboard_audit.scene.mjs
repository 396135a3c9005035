/* The audit's page: started by hand, its report read, and what is mended since the one before. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert, page, until } from './desk.mjs';

/* A demo shop that can be closed and opened again on its port, in another state. */
async function shop(tags, port = 0) {
  const folder = mkdtempSync(join(tmpdir(), 'sidetrack-audited-')), ports = join(folder, 'ports');
  const child = spawn(process.env.SIDETRACK, ['shop', '--port', String(port), '--tags', tags, '--ports', ports], { stdio: 'ignore' });
  process.on('exit', () => child.kill());
  child.unref();
  const listen = await until('the shop is open', () => { try { return JSON.parse(readFileSync(ports, 'utf8')).listen; } catch { return null; } });
  const closed = new Promise((done) => child.on('close', done));
  return { url: `http://${listen}/`, port: Number(listen.split(':')[1]), close: async () => { child.kill(); await closed; rmSync(folder, { recursive: true }); } };
}

/* What a body of so many bytes is answered, before any of them is sent. */
async function announced(seat, path, csrf, bytes) {
  const cookie = (await seat.context.cookies()).map(({ name, value }) => `${name}=${value}`).join('; ');
  return new Promise((done, fail) => {
    const ask = request(`${seat.desk.gateway.admin}/api${path}`, { method: 'POST', headers: { Cookie: cookie, 'X-CSRF-Token': csrf, 'Content-Type': 'application/json', 'Content-Length': bytes } });
    ask.on('response', (answer) => { done(answer.statusCode); ask.destroy(); });
    ask.on('error', fail);
    ask.flushHeaders();
  });
}

page('audit: started, read, mended, compared', async (desk) => {
  const doubled = await shop('doubled');
  const seat = await desk.seat({ path: '/audit' });
  await seat.sees('No audit was made here yet');
  await seat.page.fill('input[type=url]', doubled.url);
  await seat.page.click('button:has-text("Audit now")');
  await seat.sees(/Looking at|Doubled tags/); /* it may be over before anybody looks */
  await until('the report is there', async () => (await seat.asks('GET', '/audits')).body.audits.length === 1, 60000);
  await seat.sees('Doubled tags');
  await seat.sees('What it costs:');
  await doubled.close();

  const clean = await shop('clean', doubled.port);
  await seat.page.click('button:has-text("Audit now")');
  await until('so is the second', async () => (await seat.asks('GET', '/audits')).body.audits.length === 2, 60000);
  await seat.sees('no longer seen');
  assert.match(await seat.page.innerText('section.panel:has(#report)'), /no longer seen\s*Doubled tags: was problem/i);
  assert.equal(await seat.page.locator('table.list tbody tr').count(), 2);
  await clean.close();

  /* A recording of a shop that answers no program: its requests and its pages are read. */
  const fixtures = new URL('../fixtures/audit/', import.meta.url).pathname;
  await seat.page.fill('input[type=url]', 'https://shop.harbour.example/');
  await seat.page.setInputFiles('input[type=file]', join(fixtures, 'har/bodies.har'));
  await seat.page.click('button:has-text("Audit now")');
  await until('the recording is read', async () => (await seat.asks('GET', '/audits')).body.audits.length === 3, 60000);
  await seat.sees('with a recording');
  const { report } = (await seat.asks('GET', `/audits/${(await seat.asks('GET', '/audits')).body.audits[0].id}`)).body;
  assert.deepEqual(report.ways, ['har']);
  assert.equal(report.findings[0].check + report.findings[0].verdict, 'A3FAIL');
  assert.ok(!JSON.stringify(report).includes('ann@'));
  await seat.page.setInputFiles('input[type=file]', join(fixtures, 'signatures.txt'));
  await seat.page.click('button:has-text("Audit now")');
  await seat.sees('That is no recording of a visit.');

  const { csrf } = (await seat.asks('GET', '/session')).body;
  assert.equal((await seat.asks('POST', '/audits', { csrf, body: { url: '--html' } })).status, 400);
  assert.equal((await seat.asks('GET', '/audits/99')).status, 404);
  const recorded = (body) => seat.asks('POST', '/audits/recorded?url=https://shop.harbour.example/', { csrf, body });
  assert.equal((await recorded([1])).body.error, 'har_invalid');
  assert.equal(await announced(seat, '/audits/recorded?url=https://shop.harbour.example/', csrf, 17 << 20), 413);
  await seat.leaves();
});
