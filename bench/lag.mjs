// node bench/lag.mjs DATABASE: from an event's arrival to the platform's acceptance, read from the gateway's book of
// requests (table batch) after it has ended. Prints "deliveries N", "p50 MS", "p99 MS", "most MS", then
// the same for each destination, as "meta.p50 MS".
//
// Exact to the millisecond and for each event and destination, where /metrics has buckets. A batch's `seqs` are LEB128,
// the first whole and then the steps (src/store/schema.sql).
import { execFileSync } from 'node:child_process';

const database = process.argv[2];
const lines = (sql) => execFileSync('sqlite3', ['-readonly', '-separator', ' ', database, sql], { maxBuffer: 2 ** 30 }).toString().split('\n').filter(Boolean);

export function sequence(hex) {
  const found = [];
  let at = 0, value = 0, scale = 1;
  for (const byte of Buffer.from(hex, 'hex')) {
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte & 128) continue;
    found.push(at += value);
    value = 0;
    scale = 1;
  }
  return found;
}

const arrived = new Map(lines('SELECT seq, received_at FROM journal').map((line) => line.split(' ').map(Number)));
const lags = { all: [] };
for (const line of lines('SELECT destination, settled_at, hex(seqs) FROM batch WHERE state = 2 AND status BETWEEN 200 AND 299')) {
  const [destination, settled, hex] = line.split(' ');
  for (const seq of sequence(hex || '')) {
    if (!arrived.has(seq)) continue;
    for (const name of ['all', destination]) (lags[name] ||= []).push(Number(settled) - arrived.get(seq));
  }
}
for (const [name, found] of Object.entries(lags)) {
  found.sort((a, b) => a - b);
  const part = (share) => found[Math.floor((found.length - 1) * share)], begins = name === 'all' ? '' : `${name}.`;
  console.log(`${begins}deliveries ${found.length}`);
  if (found.length) console.log(`${begins}p50 ${part(0.5)}\n${begins}p99 ${part(0.99)}\n${begins}most ${part(1)}`);
}
