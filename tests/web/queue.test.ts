import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { beforeEach, test } from 'node:test';
import { dropThere, LEASE, LONGEST_WAIT, MOST_BODIES, OLDEST, queueClear, queueOpen, queuePump, queuePut, WAIT } from '../../web/snippet/queue';
import { ulid } from '../../web/snippet/ulid';
import { openPage, store, takeClock, tick } from './page';

if (!globalThis.crypto) Object.defineProperty(globalThis, 'crypto', { value: webcrypto });
takeClock(1764000000000);

let sent: { body: any; keepalive: boolean }[], answer: () => Promise<{ status: number; headers: { get(): string | null } }>;
const says = (status: number, after: string | null = null) => async () => ({ status, headers: { get: () => after } });
const settle = async () => { for (let i = 0; i < 20; i++) await Promise.resolve(); };
const pass = async (ms: number) => { tick(ms); await settle(); };

beforeEach(() => {
  openPage();
  sent = [];
  answer = says(204);
  queueOpen('_gwid.q', '_gwid.q/qzkv.', (body, keepalive) => {
    sent.push({ body: JSON.parse(body), keepalive });
    return answer();
  });
});

test('a body is kept before it is sent and gone once the gateway has it', async () => {
  queuePut(ulid(Date.now()), '{"v":1}');
  assert.equal(store.size, 1);
  await settle();
  assert.equal(store.size, 0);
  assert.deepEqual(sent[0]!.body, { sent_at: Date.now(), v: 1 });
});

test('no network: it waits twice as long each time, with the same body and a new time of sending', async () => {
  answer = () => Promise.reject(new Error('offline'));
  queuePut(ulid(Date.now()), '{"v":1}');
  await settle();
  await pass(WAIT - 1);
  assert.equal(sent.length, 1);
  await pass(1);
  assert.equal(sent.length, 2);
  await pass(2 * WAIT - 1);
  assert.equal(sent.length, 2);
  answer = says(204);
  await pass(1);
  assert.equal(sent.length, 3);
  assert.equal(store.size, 0);
  assert.ok(sent[2]!.body.sent_at > sent[0]!.body.sent_at);
});

test('429 and 503 say when to come back', async () => {
  answer = says(503, '60');
  queuePut(ulid(Date.now()), '{"v":1}');
  await settle();
  answer = says(204);
  await pass(59999);
  assert.equal(sent.length, 1);
  await pass(1);
  assert.equal(sent.length, 2);
});

test('what is refused for good is not sent again', async () => {
  for (const status of [400, 403, 413]) {
    answer = says(status);
    queuePut(ulid(Date.now()), '{"v":1}');
    await settle();
    assert.equal(store.size, 0, String(status));
  }
});

test('a second tab leaves alone what the first is sending, until its lease is over', async () => {
  answer = () => new Promise(() => undefined); // the first tab dies with it
  queuePut(ulid(Date.now()), '{"v":1}');
  queuePump();
  queuePump(true);
  assert.equal(sent.length, 1);
  answer = says(204);
  await pass(LEASE);
  assert.equal(sent.length, 2);
  assert.equal(store.size, 0);
});

test('the network is back: what waits goes at once', async () => {
  answer = () => Promise.reject(new Error('offline'));
  queuePut(ulid(Date.now()), '{"v":1}');
  await settle();
  answer = says(204);
  queuePump(true);
  await settle();
  assert.equal(store.size, 0);
});

test('the queue is bounded, in number and in age; the oldest go', async () => {
  answer = () => new Promise(() => undefined);
  const first = ulid(Date.now());
  queuePut(first, '{"v":1}');
  for (let i = 1; i <= MOST_BODIES; i++) queuePut(ulid(Date.now() + i), '{"v":1}');
  assert.equal(store.size, MOST_BODIES);
  assert.equal(store.has('_gwid.q/qzkv.' + first), false);
  queueClear();
  assert.equal(store.size, 0);
  store.set('_gwid.q/qzkv.' + ulid(Date.now() - OLDEST - 1), '["{}",1,0]');
  sent = [];
  queuePump();
  assert.equal(sent.length, 0);
  assert.equal(store.size, 0);
});

test('what was cleared while it was being sent does not come back', async () => {
  answer = says(503);
  queuePut(ulid(Date.now()), '{"v":1}');
  queueClear();
  await settle();
  assert.equal(store.size, 0);
});

test("another store's bodies under the same host are not ours to send; a withdrawal removes them, too", async () => {
  const other = '_gwid.q/other.' + ulid(Date.now());
  store.set(other, '["{}",0,0]');
  queuePump(true);
  assert.deepEqual(sent, []);
  assert.ok(store.has(other));
  queueClear();
  assert.equal(store.size, 0);
});

test('a clock that was set back does not make a body wait for a year', async () => {
  store.set('_gwid.q/qzkv.' + ulid(Date.now()), JSON.stringify(['{"v":1}', 1, Date.now() + 365 * 86400000]));
  queuePump();
  assert.equal(sent.length, 1);
});

test('a gateway that asks for hours is asked again after minutes, not at once', async () => {
  answer = says(503, '7200');
  queuePut(ulid(Date.now()), '{"v":1}');
  await settle();
  await pass(LONGEST_WAIT - 1);
  assert.equal(sent.length, 1);
  await pass(1);
  assert.equal(sent.length, 2);
});

test('what others left under our keys is swept away and stops nobody', async () => {
  for (const [n, text] of ['5', 'null', '{}', 'not JSON', '[]'].entries()) store.set(`_gwid.q/qzkv.${n}`, text);
  const last = '_gwid.q/qzkv.' + ulid(Date.now());
  store.set(last, JSON.stringify(['{"v":1}', 0, 0]));
  queuePump();
  await settle();
  assert.equal(sent.length, 1);
  assert.equal(store.size, 0);
});

test('no room and no storage: one try, and no harm', async () => {
  const full = localStorage;
  for (const broken of [{ getItem: () => null, setItem: () => { throw new Error('QuotaExceededError'); }, removeItem: () => undefined }, undefined]) {
    Object.defineProperty(globalThis, 'localStorage', { configurable: true, get: () => { if (!broken) throw new Error('SecurityError'); return broken; } });
    sent = [];
    answer = says(503);
    queuePut(ulid(Date.now()), '{"v":1}');
    queuePump(true);
    queueClear();
    dropThere('_gwid.cart');
    await settle();
    assert.equal(sent.length, 1);
  }
  Object.defineProperty(globalThis, 'localStorage', { configurable: true, writable: true, value: full });
});
