/*
 * Orders: the list, searched by anything that names an order, each with its halves and what every
 * platform said.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { get, type OrderLine, query, type Tile, useAsk } from './api';
import { moment, money } from './format';
import { Answer, Badge, Empty, go, Head, Link, StoreName, Trouble, useHouse, usePlace } from './parts';
import { orderState, platform, reason, state, toneOf } from './words';

interface Page { orders: OrderLine[]; next: number | null }
const STATES = ['sent', 'held', 'seen_browser', 'known', 'adjusted', 'excluded', 'dropped'];

export const orderName = (row: { name?: string; number?: string; order_id?: string; id?: string }): string =>
  row.name || (row.number ? `#${row.number}` : '') || row.order_id || row.id || '?';

/* Destinations that have not got to an order that was sent: paused, or waiting for the platform. */
export function waiting(row: { state: string; store?: string }, tiles: Tile[], told: (name: string) => boolean): Tile[] {
  if (row.state !== 'SENT' && row.state !== 'ADJUSTED') return [];
  return tiles.filter((tile) => tile.store === row.store && tile.backlog > 0 && /paused|backing_off/.test(tile.state) && !told(tile.destination));
}

/* One sign per platform: the order itself, and only else what came after it. */
function Outcomes({ row }: { row: OrderLine }) {
  const { tiles } = useHouse();
  const seen = new Map<string, OrderLine['outcomes'][number]>();
  for (const one of row.outcomes) if (!seen.has(one.destination) || one.name === 'order_placed') seen.set(one.destination, one);
  const late = waiting(row, tiles, (name) => seen.has(name));
  if (seen.size + late.length === 0) return <span class="muted">{row.reason ? reason(row.reason) : 'nothing yet'}</span>;
  return (
    <span class="chips">
      {[...seen.values()].map((one) => (
        <Badge key={one.destination} of={one.state}><span title={one.reason ? reason(one.reason) : undefined}>{platform(one.destination)}<span class="hidden">: {state(one.state)}</span></span></Badge>
      ))}
      {late.map((tile) => <Badge key={tile.destination} tone="wait"><span title={tile.text}>{platform(tile.destination)}<span class="hidden">: waiting</span></span></Badge>)}
    </span>
  );
}

export function Halves({ halves }: { halves: OrderLine['halves'] }) {
  return (
    <span class="halves">
      <span class={halves.server ? 'has' : 'lacks'} title={halves.server ? 'The shop\'s server told of it' : 'Nothing from the shop\'s server'}>{halves.server ? '✓' : '✕'} server</span>
      <span class={halves.browser ? 'has' : 'lacks'} title={halves.browser ? 'A browser told of it' : 'Nothing from a browser: without sidetrack it would be lost'}>{halves.browser ? '✓' : '✕'} browser</span>
    </span>
  );
}

function Lines({ rows }: { rows: OrderLine[] }) {
  const { zone } = useHouse();
  return (
    <table class="list orders">
      <thead><tr><th>Order</th><th>Came</th><th class="num">Value</th><th>State</th><th>Halves</th><th>Platforms</th></tr></thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.key} class="opens" onClick={(event) => { if (!(event.target as HTMLElement).closest('a')) go(`/orders/${encodeURIComponent(row.id)}`); }}>
            <td data-name="Order"><Link to={`/orders/${encodeURIComponent(row.id)}`}><b>{orderName(row)}</b></Link> <StoreName name={row.store} /></td>
            <td data-name="Came" class="nowrap">{moment(row.first_at, zone(row.store))}</td>
            <td data-name="Value" class="num">{money(row.value, row.currency)}</td>
            <td data-name="State"><Badge tone={row.state === 'DROPPED' ? 'bad' : toneOf(row.state)}>{orderState(row.state)}</Badge></td>
            <td data-name="Halves"><Halves halves={row.halves} /></td>
            <td data-name="Platforms"><Outcomes row={row} /></td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

export function Orders() {
  const { store } = useHouse();
  const [place, move] = usePlace({ q: '', state: '', find: '' });
  const [text, type] = useState(place.q);
  const search = useRef<HTMLInputElement>(null);
  const [more, setMore] = useState<{ rows: OrderLine[]; next: number | null; trouble?: Error } | null>(null);
  const words = { store, q: place.q, state: place.state.toUpperCase() };
  const asked = useAsk<Page>(`/orders${query({ ...words, limit: 50 })}`, more ? 0 : 10000);
  useEffect(() => {
    const timer = setTimeout(() => { if (text.trim() !== place.q) move({ q: text.trim() }); }, 250);
    return () => clearTimeout(timer);
  }, [text]);
  useEffect(() => setMore(null), [place.q, place.state, store]);
  useEffect(() => { if (place.find) { move({ find: '' }); search.current?.focus(); } }, [place.find]);
  const older = async (before: number): Promise<void> => {
    try {
      const page = await get<Page>(`/orders${query({ ...words, before, limit: 50 })}`);
      setMore((old) => ({ rows: [...(old?.rows || []), ...page.orders], next: page.next }));
    } catch (trouble) {
      setMore((old) => ({ rows: old?.rows || [], next: before, trouble: trouble as Error }));
    }
  };
  return (
    <>
      <Head title="Orders" sub="Each with its proof: what came in, what matched, what every platform answered.">
        <input ref={search} type="search" placeholder="Order, checkout or shop's id" aria-label="Search orders" value={text} onInput={(event) => type(event.currentTarget.value)} />
        <select aria-label="State" value={place.state} onChange={(event) => move({ state: event.currentTarget.value })}>
          <option value="">Every state</option>
          {STATES.map((one) => <option key={one} value={one}>{orderState(one)}</option>)}
        </select>
      </Head>
      <Answer asked={asked} rows={8}>{(page) => {
        const rows = [...page.orders, ...(more?.rows || [])], next = more ? more.next : page.next;
        if (rows.length === 0 && (place.q || place.state)) return <Empty title="No order fits.">Search by number (1001, #1001), the shop's id or the checkout's token, or choose every state.</Empty>;
        if (rows.length === 0) return <Empty title="No orders yet.">The first one appears here with the shop's webhook. <Link to="/setup">Setup</Link> shows what is still missing.</Empty>;
        return (
          <>
            <div class="panel flush"><Lines rows={rows} /></div>
            {more?.trouble && <Trouble trouble={more.trouble} />}
            {next && <p class="center"><button type="button" onClick={() => older(next)}>Older orders</button></p>}
          </>
        );
      }}</Answer>
    </>
  );
}
