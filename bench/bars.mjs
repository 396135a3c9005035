// The rows of DESIGN 12 and of issue 5: where each figure comes from, its limit (a prototype with nothing but the work),
// bar and aim. bench/judge prints them; tests/bench/judge.test.mjs holds the judging to account.
//
// A figure is a name in the run's raw file; a name with several values has rounds. Of rates the best round counts, of
// costs and times the least, on both sides of a ratio; where two halves of one gateway are compared, the medians.

const list = (raw, name) => (raw.get(name) || []).map(Number).filter(Number.isFinite);
export const most = (raw, name) => (list(raw, name).length ? Math.max(...list(raw, name)) : undefined);
export const least = (raw, name) => (list(raw, name).length ? Math.min(...list(raw, name)) : undefined);
export const median = (raw, name) => list(raw, name).sort((a, b) => a - b)[Math.floor((list(raw, name).length - 1) / 2)];
const sum = (raw, name) => list(raw, name).reduce((a, b) => a + b, 0);
const over = (a, b) => (a !== undefined && b > 0 ? a / b : undefined);
const range = (values, digits, unit = '') => (values.length ? `${Math.min(...values).toFixed(digits)}–${Math.max(...values).toFixed(digits)}${unit}` : '');
const quotients = (raw, a, b) => list(raw, a).map((value, at) => value / list(raw, b)[at]).filter(Number.isFinite);
const fixed = (value, digits) => (value === undefined ? '–' : value.toFixed(digits));

// What was not through when patience ended: the figure is from what was.
const unfinished = (raw, ...names) => {
  const name = names.find((one) => raw.has(`${one}.unfinished`));
  return name && `not through after ${raw.get(`${name}.unfinished`)[0]} s`;
};
const rowsText = (rows) => (rows === 0 ? 'no rows' : `${rows / 1e6} M rows`);
const GREATER = 'greater', LESS = 'less'; // which is better

// nginx that did not have its core to itself was slower than it is: then the ratio flatters us. Below this share of the
// core, in its best round, the ratio proves nothing.
const WHOLE_CORE = 90;
function disturbed(raw, name) {
  const share = most(raw, `${name}.nginx.core`);
  return share < WHOLE_CORE ? `nginx had only ${share.toFixed(0)} % of its core` : undefined;
}

// A gateway alone that did not do the same twice was not alone: others made it slow, and what came beside looks cheap.
const STEADY = 2;
function unsteady(raw, name) {
  const times = list(raw, name), moved = times.length ? Math.max(...times) / Math.min(...times) : 1;
  return moved > STEADY ? `alone it moved by ${moved.toFixed(1)}× between rounds` : undefined;
}

// ---- one row: value is what is judged, undefined when it was not run ----

function ingest(raw, rows, cores, connections, limit, bar, aim) {
  const name = `ingest.${rows}.${cores}.${connections}`;
  const ours = most(raw, `${name}.ours.rate`), nginx = most(raw, `${name}.nginx.rate`);
  return {
    what: `durable ingest over nginx 204, ${connections} connections, ${rowsText(rows)}, ${cores === 1 ? 'one core' : 'two cores, load on the same'}`,
    value: over(ours, nginx), better: GREATER, digits: 2, unit: '', limit, bar, aim, doubt: disturbed(raw, name),
    measured: `${fixed(ours, 0)}/s against ${fixed(nginx, 0)}/s`, spread: range(quotients(raw, `${name}.ours.rate`, `${name}.nginx.rate`), 2),
  };
}

function cpu(raw, rows, cores, connections) {
  const name = `ingest.${rows}.${cores}.${connections}`;
  const ours = least(raw, `${name}.ours.cpu`), nginx = least(raw, `${name}.nginx.cpu`);
  return {
    what: `CPU per event over nginx's, ${connections} connections, ${rowsText(rows)}${cores === 1 ? '' : ', two cores'}`,
    value: over(ours, nginx), better: LESS, digits: 1, unit: '×', limit: 1.9, bar: 4, aim: 2.5,
    measured: `${fixed(ours, 1)} µs against ${fixed(nginx, 1)} µs`, spread: range(quotients(raw, `${name}.ours.cpu`, `${name}.nginx.cpu`), 1, '×'),
  };
}

function ack(raw, rows) {
  const name = `ack.${rows}`;
  return {
    what: `ack p99 at half of the top rate, ${rowsText(rows)}`,
    value: least(raw, `${name}.ours.p99`), better: LESS, digits: 1, unit: ' ms', limit: 5, bar: 50, aim: 10,
    measured: `at ${fixed(most(raw, `${name}.half`), 0)}/s, p50 ${fixed(least(raw, `${name}.ours.p50`), 1)} ms; nginx p50 ${fixed(least(raw, `${name}.nginx.p50`), 1)}, p99 ${fixed(least(raw, `${name}.nginx.p99`), 1)} ms`,
    spread: range(list(raw, `${name}.ours.p99`), 1, ' ms'),
  };
}

const perEvent = (raw, name) => over(most(raw, `${name}.requests`), most(raw, `${name}.events`));
const nginxCpu = (raw) => least(raw, 'ingest.0.1.64.nginx.cpu');

function batches(raw) {
  const cost = least(raw, 'through.batched.cpu');
  return {
    what: 'CPU per event end to end over nginx’s, TLS out, where platforms take batches (Meta, Google, TikTok, Klaviyo bulk)',
    value: over(cost, nginxCpu(raw)), better: LESS, digits: 1, unit: '×', limit: 2.5, bar: 7, aim: 3.5, doubt: unfinished(raw, 'through.batched'),
    measured: `${fixed(cost, 1)} µs, ${fixed(perEvent(raw, 'through.batched'), 3)} requests an event`, spread: range(list(raw, 'through.batched.cpu'), 0, ' µs'),
  };
}

function singles(raw) {
  const all = least(raw, 'through.all.cpu'), few = least(raw, 'through.batched.cpu');
  const each = all === undefined || few === undefined ? undefined : over(all - few, perEvent(raw, 'through.all') - perEvent(raw, 'through.batched'));
  return {
    what: 'added by each request that cannot be batched (GA4, Klaviyo’s orders), over nginx’s CPU',
    value: over(each, nginxCpu(raw)), better: LESS, digits: 1, unit: '×', limit: 4.4, bar: 7, aim: 5, doubt: unfinished(raw, 'through.batched', 'through.all'),
    measured: `${fixed(each, 1)} µs a request; all five: ${fixed(all, 1)} µs an event, ${fixed(perEvent(raw, 'through.all'), 3)} requests`,
    spread: range(list(raw, 'through.all.cpu'), 0, ' µs an event'),
  };
}

function peer(raw) {
  const ours = least(raw, 'through.all.cpu'), node = least(raw, 'peer.cpu');
  return {
    what: 'CPU per event end to end, all five, over a plain Node forwarder’s with the same requests and sink',
    value: over(ours, node), better: LESS, digits: 2, unit: '×', bar: 1, doubt: unfinished(raw, 'through.all', 'peer'),
    measured: `${fixed(ours, 0)} µs against ${fixed(node, 0)} µs (${fixed(over(node, nginxCpu(raw)), 0)}× nginx’s), which makes ${fixed(perEvent(raw, 'peer'), 2)} requests an event`,
    spread: range(list(raw, 'through.all.cpu'), 0, ' µs'),
  };
}

// Each destination's own: they wait for different things (batches to gather, rate caps, one request an event).
function each(raw, name) {
  const own = [...raw.keys()].filter((key) => key.startsWith(`${name}.`) && key.endsWith('.p99') && key !== `${name}.p99`);
  return own.map((key) => `${key.slice(name.length + 1, -4)} ${fixed(least(raw, key) / 1000, 2)} s`).join(', ');
}

function lag(raw, rate) {
  const name = `lag.${rate}`, got = most(raw, `${name}.rate`), value = least(raw, `${name}.p99`);
  return {
    what: `delivery lag p99, all five, ${rate} events/s`,
    value: value === undefined ? undefined : value / 1000, better: LESS, digits: 2, unit: ' s',
    measured: `p50 ${fixed(over(least(raw, `${name}.p50`), 1000), 2)} s, most ${fixed(over(most(raw, `${name}.most`), 1000), 2)} s, ${fixed(most(raw, `${name}.deliveries`), 0)} deliveries; taken in at ${fixed(got, 0)}/s${got < 0.95 * rate ? ', **less than offered**' : ''}${raw.has(`${name}.unfinished`) ? `, **${unfinished(raw, name)}**: of what was delivered` : ''}; p99 each: ${each(raw, name)}; ${fixed(least(raw, `${name}.cpu`), 0)} µs an event`,
  };
}

function peerLag(raw) {
  const value = least(raw, 'peer.lag.p99');
  return {
    what: 'delivery lag p99 of the Node forwarder, 1000 events/s',
    value: value === undefined ? undefined : value / 1000, better: LESS, digits: 2, unit: ' s',
    measured: `p50 ${fixed(over(least(raw, 'peer.lag.p50'), 1000), 2)} s, ${fixed(most(raw, 'peer.lag.deliveries'), 0)} deliveries, ${fixed(most(raw, 'peer.lag.failed'), 0)} failed, of ${fixed(most(raw, 'peer.lag.events'), 0)} events taken in at ${fixed(most(raw, 'peer.lag.rate'), 0)}/s${raw.has('peer.lag.unfinished') ? `, **${unfinished(raw, 'peer.lag')}**` : ''}`,
  };
}

function beside(raw, name, what, bar, more) {
  const alone = `${name.split('.')[0]}.alone`, p99 = median(raw, `${name}.p99`), before = median(raw, `${alone}.p99`);
  return {
    what, value: over(p99, before), better: LESS, digits: 2, unit: '×', bar, doubt: unsteady(raw, `${alone}.p99`),
    measured: `p99 ${fixed(p99, 1)} ms against ${fixed(before, 1)} ms; p50 ${fixed(median(raw, `${name}.p50`), 1)} against ${fixed(median(raw, `${alone}.p50`), 1)} ms; ${fixed(median(raw, `${name}.rate`), 0)}/s against ${fixed(median(raw, `${alone}.rate`), 0)}/s; ${more}`,
    spread: range(quotients(raw, `${name}.p99`, `${alone}.p99`), 2, '×'),
  };
}

const retention = (raw, name) => `${sum(raw, `${name}.deleted`)} rows deleted (still to go at the end ${range(list(raw, `${name}.left`), 0) || '–'})`;
const reports = (raw, name) => `${sum(raw, `${name}.asked`)} reports by API, the slowest ${fixed(most(raw, `${name}.slowest`), 0)} ms, ${sum(raw, `${name}.reported`)} times three by command line`;
const chores = (raw) => [
  beside(raw, 'chores.all', 'ack p99 under full load with retention, checkpoints and reports, over alone', 2,
    `${retention(raw, 'chores.all')}, ${sum(raw, 'chores.all.checkpoints')} checkpoints that emptied the log, ${reports(raw, 'chores.all')}`),
  beside(raw, 'chores.retention', '– with retention only', 2, retention(raw, 'chores.retention')),
  beside(raw, 'chores.reports', '– with reports only', 2, reports(raw, 'chores.reports')),
];
const dashboard = (raw) => beside(raw, 'dashboard.tab', 'ack p99 at half load with a dashboard open, over alone', 1.5,
  `${sum(raw, 'dashboard.tab.asked')} pages asked, the slowest ${fixed(most(raw, 'dashboard.tab.slowest'), 0)} ms, ${fixed(sum(raw, 'dashboard.tab.streamed'), 1)} MB of the live stream read`);

function memory(raw, rows) {
  const name = `memory.${rows}`;
  return {
    what: `resident memory, ${rowsText(rows)}`, value: most(raw, name), better: LESS, digits: 0, unit: ' MB', bar: 100, aim: 40,
    measured: `${fixed(most(raw, `${name}.anonymous`), 0)} MB anonymous, peak ${fixed(most(raw, `${name}.most`), 0)}, empty ${fixed(most(raw, 'memory.empty'), 0)} MB`,
  };
}

function throughput(raw, rows) {
  const name = `ingest.${rows}.1.256`;
  const grown = most(raw, `${name}.ours.rate`), fresh = most(raw, `${name}.fresh.rate`);
  return {
    what: `throughput with ${rowsText(rows)} over that with none`, value: over(grown, fresh), better: GREATER, digits: 2, unit: '', limit: 1, bar: 0.7, aim: 0.9,
    measured: `${fixed(grown, 0)}/s against ${fixed(fresh, 0)}/s`, spread: range(quotients(raw, `${name}.ours.rate`, `${name}.fresh.rate`), 2),
  };
}

function ready(raw, rows) {
  return {
    what: `ready after kill -9 under load, ${rowsText(rows)}`, value: least(raw, `ready.${rows}`), better: LESS, digits: 3, unit: ' s', bar: 2, aim: 0.3,
    measured: 'from the start of the program to /readyz 200', spread: range(list(raw, `ready.${rows}`), 3, ' s'),
  };
}

// ---- all of them, in the order of the table; levels and rates that were not run are there and say so ----

export function rows(raw) {
  const filled = [...raw.keys()].map((name) => /^rows\.(\d+)$/.exec(name)?.[1]).filter(Boolean).map(Number);
  const levels = [...new Set([...filled, 1000000, 5000000])].sort((a, b) => a - b);
  return [
    ingest(raw, 0, 1, 64, 0.4, 0.25, 0.36), ingest(raw, 0, 1, 256, 0.5, 0.3, 0.45), cpu(raw, 0, 1, 64), cpu(raw, 0, 1, 256), ack(raw, 0),
    ingest(raw, 0, 2, 64), ingest(raw, 0, 2, 256), { ...cpu(raw, 0, 2, 64), limit: undefined }, { ...cpu(raw, 0, 2, 256), limit: undefined },
    batches(raw), singles(raw), peer(raw),
    ...[1000, 5000, 10000].map((rate) => lag(raw, rate)), peerLag(raw),
    ...chores(raw), dashboard(raw),
    ...levels.flatMap((level) => [
      ingest(raw, level, 1, 64, undefined, 0.25, 0.36), ingest(raw, level, 1, 256, undefined, 0.3, 0.45), cpu(raw, level, 1, 64), cpu(raw, level, 1, 256),
      ack(raw, level), throughput(raw, level), memory(raw, level), ready(raw, level),
    ]),
  ];
}

// ---- what is printed below the table ----

export function notes(raw) {
  const told = [];
  const events = most(raw, 'through.all.events');
  if (events) {
    told.push(`End to end: ${events} events (80 % browsing, 20 % orders as signed webhooks of 8 KB) of ${most(raw, 'through.all.stores')} stores, the platforms’ rate caps lifted, taken in at ${fixed(most(raw, 'through.all.rate'), 0)}/s; ${most(raw, 'through.all.requests')} requests out over ${most(raw, 'through.all.handshakes')} TLS connections. Rows by the gateway’s own count: ${raw.get('through.all.deliveries')?.[0]}.`);
  }
  for (const connections of [64, 256]) {
    const name = `ingest.0.1.${connections}`;
    if (!raw.has(`${name}.bare.rate`)) continue;
    const ours = least(raw, `${name}.ours.cpu`), nginx = least(raw, `${name}.nginx.cpu`);
    told.push(`${connections} connections: nginx answers a bare GET ${fixed(most(raw, `${name}.bare.rate`), 0)}/s, ${fixed(least(raw, `${name}.bare.cpu`), 1)} µs. Its share of core 0 in each round, with our requests: nginx ${range(list(raw, `${name}.nginx.core`), 0)} %, ours ${range(list(raw, `${name}.ours.core`), 0)} %; where nginx had less than about 95 %, others or the load generator held it back and its rate is too low. Rates if bound by CPU alone (1 s / CPU): nginx ${fixed(over(1e6, nginx), 0)}/s, ours ${fixed(over(1e6, ours), 0)}/s, ratio ${fixed(over(nginx, ours), 2)}.`);
  }
  const bytes = [...raw.keys()].filter((name) => name.startsWith('bytes.')).map((name) => `${Number(name.slice(6)) / 1e6} M: ${fixed(over(most(raw, name), most(raw, name.replace('bytes', 'rows'))), 0)} bytes a row`);
  told.push(`4 KiB + fdatasync on this disk, p50: ${range(list(raw, 'sync.p50'), 2)} ms before and after. ${bytes.length ? `Database, ${bytes.join('; ')}.` : ''}`);
  if (raw.has('errors')) told.push(`**${raw.get('errors').length} measurements had refused or failed requests: see the log of the run.**`);
  const late = [...raw.keys()].filter((name) => name.endsWith('.unfinished')).map((name) => name.replace('.unfinished', ''));
  if (late.length) told.push(`**Not through when patience ended, so that their CPU per event is too low and their lag too short: ${late.join(', ')}.**`);
  return told;
}
