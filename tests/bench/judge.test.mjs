// The bench's judge, fed with figures we know: what misses its bar is said to miss it, and by how much; what was not
// run is said not to have been run; a disturbed reference proves nothing.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { notes, rows } from '../../bench/bars.mjs';
import { picture, toneOf } from '../../bench/picture.mjs';
import { long, parse, quotation, quote, quoted, short, verdict } from '../../bench/verdict.mjs';

const table = (text) => rows(parse(text));
const row = (text, begins) => {
  const found = table(text).filter(({ what }) => what.startsWith(begins));
  assert.equal(found.length, 1, `one row begins with "${begins}"`);
  return found[0];
};
const said = (one) => `bar: ${verdict(one, one.bar)}; aim: ${verdict(one, one.aim)}`;
const ingest = (ours, nginx, core = 100) => `ingest.0.1.64.ours.rate ${ours}\ningest.0.1.64.nginx.rate ${nginx}\ningest.0.1.64.nginx.core ${core}`;
const INGEST = 'durable ingest over nginx 204, 64 connections, no rows, one core';

test('a rate below its bar is short of it, by the part that is missing', () => {
  assert.equal(said(row(ingest(20000, 100000), INGEST)), 'bar: short by 20 %; aim: short by 44 %');
  assert.equal(said(row(ingest(30000, 100000), INGEST)), 'bar: met; aim: short by 17 %');
  assert.equal(said(row(ingest(36000, 100000), INGEST)), 'bar: met; aim: met');
});

test('a bar missed by a hair is missed, not "short by 0 %"', () => {
  assert.equal(said(row(ingest(24990, 100000), INGEST)), 'bar: short by less than 1 %; aim: short by 31 %');
});

test('of a cost, more is worse', () => {
  const cpu = (ours) => table(`ingest.0.1.64.ours.cpu ${ours}\ningest.0.1.64.nginx.cpu 6`).find(({ what }) => what === "CPU per event over nginx's, 64 connections, no rows");
  assert.equal(said(cpu(30)), 'bar: short by 25 %; aim: short by 100 %');
  assert.equal(said(cpu(24)), 'bar: met; aim: short by 60 %');
  assert.equal(said(cpu(15)), 'bar: met; aim: met');
});

test('the best round counts on both sides, and the spread of the rounds is told', () => {
  const one = row(`${ingest(20000, 90000)}\n${ingest(30000, 100000)}`, INGEST);
  assert.equal(one.value, 0.3);
  assert.equal(one.spread, '0.22–0.30');
});

test('beside other work the medians count: one good round does not hide the others', () => {
  const many = [[10, 30], [10, 32], [10, 11]].map(([alone, both]) => `chores.alone.p99 ${alone}\nchores.all.p99 ${both}`).join('\n');
  assert.equal(said(row(many, 'ack p99 under full load')), 'bar: short by 50 %; aim: ');
  assert.equal(said(row(many.replaceAll('chores.all', 'dashboard.tab').replaceAll('chores', 'dashboard'), 'ack p99 at half load')), 'bar: short by 100 %; aim: ');
});

test('a gateway that was disturbed while it was alone proves nothing about what came beside', () => {
  const text = 'chores.alone.p99 20\nchores.alone.p99 90\nchores.all.p99 60\nchores.all.p99 90';
  assert.match(said(row(text, 'ack p99 under full load')), /^bar: not judged: alone it moved by 4\.5× between rounds/);
});

test('what a request costs that cannot be batched is the difference of two runs over the difference in requests', () => {
  const one = row('ingest.0.1.64.nginx.cpu 10\nthrough.batched.cpu 50\nthrough.batched.events 100\nthrough.batched.requests 10\n' +
    'through.all.cpu 80\nthrough.all.events 100\nthrough.all.requests 70', 'added by each request');
  assert.equal(one.value.toFixed(3), (30 / 0.6 / 10).toFixed(3));
  assert.equal(said(one), 'bar: met; aim: met');
});

test('a run with nothing in it says so in every row, and meets nothing', () => {
  const all = table('');
  assert.ok(all.length > 25);
  for (const one of all) assert.equal(verdict(one, one.bar), 'not run', one.what);
  assert.equal((long(all).match(/\*\*not run\*\*/g) || []).length, all.length);
  assert.doesNotMatch(long(all) + short(all), /met|NaN|undefined|Infinity/);
});

test('a level that was run has its rows; those of DESIGN that were not are still there', () => {
  const all = table('rows.200000 200123\nmemory.200000 120\nmemory.200000 90');
  const memory = all.filter(({ what }) => what.startsWith('resident memory'));
  assert.deepEqual(memory.map((one) => [one.what, verdict(one, one.bar)]), [
    ['resident memory, 0.2 M rows', 'short by 20 %'], ['resident memory, 1 M rows', 'not run'], ['resident memory, 5 M rows', 'not run'],
  ]);
});

test('an nginx that had not its core to itself proves nothing, for or against us', () => {
  const one = row(ingest(50000, 100000, 40), INGEST);
  assert.equal(said(one), 'bar: not judged: nginx had only 40 % of its core; aim: not judged: nginx had only 40 % of its core');
  assert.equal(toneOf(one), 'none');
});

test('failed requests and what was not through are told, and prove nothing', () => {
  const through = 'ingest.0.1.64.nginx.cpu 10\nthrough.batched.cpu 50\nthrough.batched.events 100\nthrough.batched.requests 10\nthrough.batched.unfinished 25';
  assert.equal(verdict(row(through, 'CPU per event end to end over nginx’s'), 7), 'not judged: not through after 25 s');
  assert.match(notes(parse(`errors 1\nerrors 1\n${through}`)).join(), /2 measurements had refused[^]*Not through when patience ended[^]*through\.batched/);
  assert.doesNotMatch(notes(parse('')).join(), /\*\*/);
});

test('the picture has a bar for each judged row, in the colour of its verdict, and nothing of a stranger’s markup', () => {
  const svg = picture(table(`${ingest(20000, 100000)}\nready.1000000 0.1`), 'a <run>', 'here & now');
  assert.equal((svg.match(/<rect [^>]*fill="#c2410c"/g) || []).length, 1, 'ingest is short');
  assert.equal((svg.match(/<rect [^>]*fill="#15803d"/g) || []).length, 1, 'ready is met');
  assert.match(svg, /a &lt;run&gt;[^]*here &amp; now/);
  assert.match(svg, /short by 20 %/);
  assert.match(svg, /\d+ rows were not run/);
  assert.doesNotMatch(svg, /NaN|undefined/);
});

test('README is told ratios, no milliseconds of this machine, and nothing that was not run', () => {
  const told = quoted(table(`${ingest(20000, 100000)}\nack.0.ours.p99 9\nready.1000000 0.1`)).trim().split('\n').slice(2);
  assert.deepEqual(told, [`| ${INGEST} | 0.20 | ≥ 0.25 | ≥ 0.36 | short by 20 % |`]);
});

test('README says what the run says that it names', () => {
  const at = (path) => new URL(`../../${path}`, import.meta.url);
  const { run, text } = quotation(readFileSync(at('README.md'), 'utf8'));
  assert.notEqual(run, undefined, 'README has the marks');
  if (run) assert.equal(text, quoted(table(readFileSync(at(`bench/results/${run}`), 'utf8'))));
  const page = quote('a\n<!-- bench -->\nold\n<!-- /bench -->\nb', 'x.raw', table(ingest(20000, 100000)));
  assert.equal(quotation(page).run, 'x.raw');
  assert.match(page, /^a\n<!-- bench x\.raw -->\n[^]*0\.20[^]*<!-- \/bench -->\nb$/);
  assert.doesNotMatch(page, /old/);
});
