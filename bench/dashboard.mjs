// node bench/dashboard.mjs ADMIN TOKEN tab|reports: somebody looks, until SIGTERM; then prints "asked N", "refused N",
// "slowest MS", "streamed MB".
//
//   tab      one tab of the dashboard: the overview every 5 s as in web/dashboard/main.tsx, the live stream open as
//            in live.tsx, and every other page opened in turn, one a second, which no person does for long
//   reports  /api/reports, all three of a week, one after the other without a pause
//
// The stream is read and not parsed, so that this process does not take the load generator's core.
const [admin, token, what] = process.argv.slice(2);
const headers = { Authorization: `Bearer ${token}` };
const told = { asked: 0, refused: 0, slowest: 0, streamed: 0 };

async function ask(path) {
  const from = performance.now();
  const answer = await fetch(`http://${admin}/api${path}`, { headers, signal: AbortSignal.timeout(60000) });
  const body = await answer.text();
  told.asked++;
  if (!answer.ok) {
    told.refused++;
    console.error(path, answer.status, body.slice(0, 200));
  }
  told.slowest = Math.max(told.slowest, performance.now() - from);
  return answer.ok && body.startsWith('{') ? JSON.parse(body) : {};
}
const sleep = (ms) => new Promise((wake) => setTimeout(wake, ms));

async function follow() {
  const { head } = await ask('/events?limit=50');
  const stream = await fetch(`http://${admin}/api/events?follow=1&after=${head}`, { headers });
  for await (const piece of stream.body) told.streamed += piece.length;
}

async function tab() {
  const pages = ['/orders?limit=50', '/destinations', '/letters', '/reports/recovery', '/reports/match', '/people?q=ada', '/bots', '/audits', '/reports/delivery'];
  const live = follow();
  live.catch((error) => { if (!ended) { told.refused++; console.error(String(error)); } });
  for (let turn = 0; ; turn++) {
    if (turn % 5 === 0) await ask('/overview');
    await ask(pages[turn % pages.length]);
    await sleep(1000);
  }
}

async function reports() {
  for (;;) for (const name of ['recovery', 'delivery', 'match']) await ask(`/reports/${name}`);
}

let ended = false;
process.on('SIGTERM', () => {
  ended = true;
  console.log(`asked ${told.asked}\nrefused ${told.refused}\nslowest ${told.slowest.toFixed(1)}\nstreamed ${(told.streamed / 1e6).toFixed(2)}`);
  process.exit(0);
});
({ tab, reports })[what]().catch((error) => { console.error(String(error)); told.refused++; });
