import assert from 'node:assert/strict';
import { webcrypto } from 'node:crypto';
import { test } from 'node:test';
import { ULID, ulid } from '../../web/snippet/ulid';

if (!globalThis.crypto) Object.defineProperty(globalThis, 'crypto', { value: webcrypto });

test('a ulid says its time, in the digits base/ulid.c reads', () => {
  assert.equal(ulid(0).slice(0, 10), '0000000000');
  assert.equal(ulid(1469918176385).slice(0, 10), '01ARYZ6S41');
  assert.match(ulid(Date.now()), ULID);
  assert.equal(ulid(Date.now()).length, 26);
});

test('ids of later times sort later, and two of one time differ', () => {
  assert.ok(ulid(1764000000000) < ulid(1764000000001));
  assert.notEqual(ulid(1764000000000), ulid(1764000000000));
});
