/*
 * Recovery: per day and platform, what both halves told, what only the server knew and what only the
 * browser told; with value, blocked tags and the dedup match rate. The method stands beside the
 * numbers, because a number without it is a claim.
 */
import { query, useAsk } from './api';
import { Chart, Key, type Series } from './chart';
import { count, dayOf, isoDay, many, money, share } from './format';
import { Answer, Empty, Figure, Head, useHouse, useOneStore, usePlace } from './parts';
import { platform } from './words';

interface Split { both: number; server_only: number; browser_only: number }
interface Values { value_both: string; value_server_only: string; value_browser_only: string }
interface Day {
  day: string; platforms: (Split & Values & { destination: string; tags_seen?: number; tags_blocked?: number; dedup_match_rate?: number | null })[]; orders: Split;
  value: { both: string; server_only: string; browser_only: string } | null; tags_seen: number; tags_blocked: number; dedup_match_rate: number | null;
}
interface Report { days: Day[]; currency: string; method: string[] }

const DAY = 86400000;
const SPLITS: { key: keyof Split; name: string; short: string; colour: string }[] = [
  { key: 'both', name: 'Both halves', short: 'Both', colour: '--c1' },
  { key: 'server_only', name: 'Only the server knew', short: 'Server only', colour: '--c2' },
  { key: 'browser_only', name: 'Only the browser told', short: 'Browser only', colour: '--c3' },
];

/* Money is added in cents, for the headline only. */
const cents = (value: string | null | undefined): number => Math.round(Number(value || 0) * 100);

function rowsOf(days: Day[], destination: string): { day: string; name: string; split: Split; value: Values | null; dedup: number | null }[] {
  return days.flatMap((one) => {
    const dedup = one.dedup_match_rate;
    if (!destination)
      return [{
        day: one.day, name: 'Orders', split: one.orders, dedup,
        value: one.value ? { value_both: one.value.both, value_server_only: one.value.server_only, value_browser_only: one.value.browser_only } : null,
      }];
    return one.platforms.filter((row) => row.destination === destination).map((row) => ({ day: one.day, name: platform(row.destination), split: row, value: row, dedup: row.dedup_match_rate ?? null }));
  });
}

function Numbers({ report, destination }: { report: Report; destination: string }) {
  const rows = rowsOf(report.days, destination);
  const sum = (key: keyof Split): number => rows.reduce((all, row) => all + row.split[key], 0);
  const all = SPLITS.reduce((total, { key }) => total + sum(key), 0);
  const worth = rows.reduce((total, row) => total + cents(row.value?.value_server_only), 0) / 100;
  const tags = (key: 'tags_seen' | 'tags_blocked'): number => report.days.reduce((total, one) => total
    + (destination ? one.platforms.find((row) => row.destination === destination)?.[key] || 0 : one[key]), 0);
  const seen = tags('tags_seen'), blocked = tags('tags_blocked');
  const told = sum('both') + sum('server_only'), dedup = told > 0 ? sum('both') / told : null; /* as the report's own rate, over all days */
  if (all === 0) return <Empty title="No conversions in these days.">Choose a longer period, or wait for the first orders.</Empty>;
  const ordered = rows.filter((row) => SPLITS.some(({ key }) => row.split[key] > 0)).reverse();
  const series: Series[] = SPLITS.map(({ key, name, colour }) => ({ name, colour, values: rows.map((row) => row.split[key]) }));
  return (
    <>
      <dl class="figures">
        <Figure name="Only the server knew" value={share(sum('server_only') / all)}>{count(sum('server_only'))} of {many(all, destination ? 'conversion' : 'order')}, {money(worth, report.currency)}</Figure>
        <Figure name="Both halves" value={count(sum('both'))}>told twice, counted once</Figure>
        <Figure name="Dedup match rate" value={share(dedup)}>of what was sent, a tag can deduplicate</Figure>
        <Figure name="Tags blocked" value={share(seen > 0 ? blocked / seen : null)}>{seen > 0 ? `${count(blocked)} of ${many(seen, 'page')} with a tag` : 'the snippet\'s bridge has seen no tag'}</Figure>
      </dl>
      <section class="panel" aria-labelledby="perday">
        <h2 id="perday">{destination ? `${platform(destination)}, per day` : 'Orders per day'}</h2>
        <Key series={series} />
        <Chart kind="bars" height={220} labels={rows.map(({ day }) => dayOf(day))} series={series} label={`Per day: ${SPLITS.map(({ key, name }) => `${name} ${sum(key)}`).join(', ')}. The table below has the days.`} />
      </section>
      <div class="panel flush">
        <table class="list tight">
          <thead><tr><th>Day</th>{SPLITS.map(({ key, short }) => <th class="num" key={key}>{short}</th>)}<th class="num">Value of server only</th><th class="num">Dedup</th></tr></thead>
          <tbody>
            {ordered.map((row) => (
              <tr key={row.day + row.name}>
                <td>{dayOf(row.day)}</td>
                {SPLITS.map(({ key }) => <td class="num" key={key}>{count(row.split[key])}</td>)}
                <td class="num">{money(row.value?.value_server_only, report.currency)}</td>
                <td class="num">{share(row.dedup)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

export function Recovery() {
  const { zone, now } = useHouse();
  const [store, choice] = useOneStore();
  const [place, move] = usePlace({ days: '30', from: '', to: '', platform: '' });
  const today = isoDay(now, zone(store));
  const from = place.from || isoDay(now - (Number(place.days) - 1) * DAY, zone(store)), to = place.to || today;
  const path = (format?: string): string => `/reports/recovery${query({ store, from, to, format })}`;
  const asked = useAsk<Report>(path(), 60000);
  const names = [...new Set((asked.data?.days || []).flatMap(({ platforms }) => platforms.map(({ destination }) => destination)))].sort();
  return (
    <>
      <Head title="Recovery" sub="What the browser told, what only the server knew, and what it is worth.">
        {choice}
        <span class="seg" role="group" aria-label="Period">
          {['7', '30', '90'].map((n) => <button type="button" key={n} aria-pressed={!place.from && place.days === n} onClick={() => move({ days: n, from: '', to: '' })}>{n} days</button>)}
        </span>
        <input type="date" aria-label="From" value={from} max={to} onChange={(event) => move({ from: event.currentTarget.value, to })} />
        <input type="date" aria-label="To" value={to} min={from} max={today} onChange={(event) => move({ from, to: event.currentTarget.value })} />
        <select aria-label="Platform" value={place.platform} onChange={(event) => move({ platform: event.currentTarget.value })}>
          <option value="">All orders</option>
          {names.map((one) => <option key={one} value={one}>{platform(one)}</option>)}
        </select>
        <a class="button" href={`/api${path('csv')}`} download={`recovery-${from}-${to}.csv`}>CSV</a>
      </Head>
      <div class="beside">
        <div><Answer asked={asked} rows={8}>{(report) => <Numbers report={report} destination={place.platform} />}</Answer></div>
        <aside class="panel" aria-labelledby="method">
          <h2 id="method">How this is measured</h2>
          <ul class="method">{(asked.data?.method || []).map((sentence) => <li key={sentence}>{sentence}</li>)}</ul>
        </aside>
      </div>
    </>
  );
}
