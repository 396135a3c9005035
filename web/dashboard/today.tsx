/*
 * Today: did the orders arrive, is something unwell, and what would the browser alone have lost. The
 * sentence on each tile is the server's, so that the page, the alerts and the command line say the same.
 */
import type { Overview, Tile } from './api';
import { Chart } from './chart';
import { ago, clock, count, day, many, money, share, span } from './format';
import { Badge, Bar, Empty, Figure, Head, Link, StoreName, useHouse } from './parts';
import { platform, state, toneOf } from './words';

function Alerts({ alerts }: { alerts: Overview['alerts'] }) {
  const { now } = useHouse();
  if (alerts.length === 0) return null;
  return (
    <section class="alerts" aria-label="Alerts">
      {alerts.map((one) => (
        <div class="note bad" role="alert" key={one.rule + one.since + one.text}>
          <b>{one.text}</b> <StoreName name={one.store || ''} /> <span class="small muted">{ago(one.since, now)}</span>
          {one.advice && <p class="muted">{one.advice}{one.destination && <> <Link to={`/destinations?open=${encodeURIComponent(`${one.store}/${one.destination}`)}`}>Look at it</Link></>}</p>}
        </div>
      ))}
    </section>
  );
}

/* The server's words begin with the platform's name, and the tile has it already. */
const sentence = (tile: Tile): string => {
  const text = tile.text.replace(/^[^:]{1,24}:\s*/, '');
  return text.charAt(0).toUpperCase() + text.slice(1);
};

function OneTile({ tile }: { tile: Tile }) {
  const { now, zone } = useHouse();
  const { orders } = tile;
  return (
    <Link to={`/destinations?open=${encodeURIComponent(`${tile.store}/${tile.destination}`)}`} class={`tile ${toneOf(tile.state)}`}>
      <header><h3>{platform(tile.destination)} <StoreName name={tile.store} /></h3><Badge of={tile.state}>{state(tile.state)}</Badge></header>
      <p>{sentence(tile)}</p>
      <Bar label={`${platform(tile.destination)}, today's orders`} parts={[
        { n: orders.delivered, tone: 'good', word: 'delivered' }, { n: orders.waiting, tone: 'wait', word: 'waiting' },
        { n: orders.refused, tone: 'bad', word: 'refused' }, { n: orders.skipped, tone: 'off', word: 'not sent' },
      ]} />
      <footer>
        <span>{many(tile.events_delivered, 'event')} today</span>
        {tile.mode !== 'live' && <span>{tile.mode} mode</span>}
        <span title={tile.last_delivered_at ? clock(tile.last_delivered_at, zone(tile.store)) : undefined}>last {ago(tile.last_delivered_at, now)}</span>
      </footer>
    </Link>
  );
}

const weight: Record<string, number> = { paused: 0, backing_off: 1, live: 2, disabled: 3 };

export function Today({ overview }: { overview: Overview }) {
  const house = useHouse();
  const { today, events_per_minute: minutes } = overview;
  const zone = house.zone();
  const kept = [['held', today.held], ['excluded', today.excluded], ['dropped', today.dropped]].filter(([, n]) => Number(n) > 0) as [string, number][];
  const tiles = [...overview.destinations].sort((a, b) => (weight[a.state] ?? 4) - (weight[b.state] ?? 4));
  const last = Math.max(minutes.slice(-6, -1).reduce((sum, n) => sum + n, 0), minutes[minutes.length - 1] || 0) / 5;
  const labels = minutes.map((_, n) => (n === minutes.length - 1 ? 'now' : `−${span((minutes.length - 1 - n) * 60000)}`));
  const test = house.stores.filter((store) => store.mode === 'test' && (!house.store || store.name === house.store));
  return (
    <>
      <Head title="Today" sub={`${day(overview.now, zone)}, since midnight${zone ? ` in ${zone.replace(/^.*\//, '').replace(/_/g, ' ')}` : ''}`} />
      {test.length > 0 && <p class="note">{test.map(({ name }) => name).join(', ')}: test mode. Orders go out marked as tests, or are only written.</p>}
      <Alerts alerts={overview.alerts} />
      <dl class="figures">
        <Figure name="Orders" value={count(today.orders)}>{today.value !== null ? money(today.value, today.currency) : 'several currencies'}</Figure>
        <Figure name="The browser alone would have lost" value={share(today.share_lost)}>
          {today.share_lost === null ? 'known once orders have come' : `${count(today.without_browser)} of ${many(today.orders, 'order')}; `}
          {today.share_lost !== null && <span class="nowrap">measured, not claimed</span>}
        </Figure>
        <Figure name="Not sent" value={count(today.held + today.excluded + today.dropped)}>
          {kept.length === 0 ? 'every order was sent' : kept.map(([word, n], at) => (
            <>{at > 0 && ', '}<Link key={word} to={`/orders?state=${word}`}>{count(n)} {word === 'held' ? 'waiting for the browser' : word === 'excluded' ? 'excluded' : 'dropped'}</Link></>
          ))}
        </Figure>
        <Figure name="Events per minute" value={count(Math.round(last * 10) / 10)}>over the last five minutes</Figure>
      </dl>
      <section aria-labelledby="tiles">
        <h2 id="tiles">Destinations</h2>
        {tiles.length === 0
          ? <Empty title="No destination yet.">Name one in the config under <code>destinations</code>; <Link to="/setup">Setup</Link> shows what is next.</Empty>
          : <div class="tiles">{tiles.map((tile) => <OneTile key={tile.store + tile.destination} tile={tile} />)}</div>}
      </section>
      <section class="panel" aria-labelledby="minutes">
        <h2 id="minutes">Events in the last hour</h2>
        {minutes.some((n) => n > 0)
          ? <Chart kind="line" height={150} labels={labels} label={`Events per minute in the last hour, now ${minutes[minutes.length - 1]}, most ${Math.max(...minutes)}`}
            series={[{ name: 'events', colour: '--accent', values: minutes }]} />
          : <Empty title="Nothing came in during the last hour.">The snippet, the pixel and the webhooks send here; <Link to="/setup">Setup</Link> shows which of them was ever seen.</Empty>}
      </section>
    </>
  );
}
