/*
 * Match quality: how many of the events that a platform got carry each identifier that it matches
 * people by, and what would raise the share.
 */
import { query, useAsk } from './api';
import { count, isoDay, many, share } from './format';
import { Answer, Empty, Head, StoreName, useHouse, useOneStore, usePlace } from './parts';
import { identifier, platform } from './words';

interface Line { name: string; events: number; share: number | null; advice?: string }
interface Report { destinations: { destination: string; store?: string; events: number; identifiers: Line[] }[]; method?: string[] }
const DAY = 86400000;

function Row({ line }: { line: Line }) {
  return (
    <tr>
      <td data-name="Identifier">{identifier(line.name)}</td>
      <td data-name="Share" class="sharecell">
        <span class="meter" role="img" aria-label={share(line.share)}><span style={{ width: `${Math.round(Math.min(1, line.share || 0) * 100)}%` }} /></span>
        <b>{share(line.share)}</b>
      </td>
      <td data-name="Events" class="num">{count(line.events)}</td>
      <td data-name="To raise it" class="muted">{line.advice || '–'}</td>
    </tr>
  );
}

export function Match() {
  const { zone, now } = useHouse();
  const [store, choice] = useOneStore();
  const [place, move] = usePlace({ days: '7' });
  const from = isoDay(now - (Number(place.days) - 1) * DAY, zone(store));
  const asked = useAsk<Report>(`/reports/match${query({ store, from, to: isoDay(now, zone(store)) })}`, 60000);
  return (
    <>
      <Head title="Match quality" sub="A platform can only credit an ad for a person it recognises. This is what our events give it.">
        {choice}
        <span class="seg" role="group" aria-label="Period">
          {['1', '7', '30'].map((n) => <button type="button" key={n} aria-pressed={place.days === n} onClick={() => move({ days: n })}>{n === '1' ? 'Today' : `${n} days`}</button>)}
        </span>
      </Head>
      <Answer asked={asked} rows={8}>{({ destinations, method }) => {
        const with_events = destinations.filter(({ events }) => events > 0);
        if (with_events.length === 0) return <Empty title="No event was delivered in these days.">Shares are measured on what the platforms got, so there is nothing to measure yet.</Empty>;
        return <>{with_events.map((one) => (
          <section class="panel flush" key={(one.store || '') + one.destination}>
            <h2>{platform(one.destination)} <StoreName name={one.store || ''} /> <span class="light">{many(one.events, 'event')}</span></h2>
            <table class="list">
              <thead><tr><th>Identifier</th><th>Share of events</th><th class="num">Events</th><th>What would raise it</th></tr></thead>
              <tbody>{one.identifiers.map((line) => <Row key={line.name} line={line} />)}</tbody>
            </table>
          </section>
        ))}{method && <section class="panel" aria-labelledby="method"><h2 id="method">How this is measured</h2><ul class="method">{method.map((sentence) => <li key={sentence}>{sentence}</li>)}</ul></section>}</>;
      }}</Answer>
    </>
  );
}
