/*
 * Live: events as they are recorded (server-sent events of the admin listener), newest first, filtered
 * by the server; one event's payload and what became of it at each destination.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { type Batch, get, type Json, query, useAsk } from './api';
import { clock, many, moment } from './format';
import { Answer, Badge, Code, Dialog, Empty, Head, Link, Loading, StoreName, Trouble, useHouse, usePlace } from './parts';
import { eventName, platform, source, type Tone } from './words';

interface Event { seq: number; store: string; source: string; name: string; id: string; at: number; received_at: number; visitor: string; person: number | null; order: string; bot: boolean | number; body: Json }
interface Fate { destination: string; fate: string; paused: boolean; paused_reason?: string; requests: Batch[] }
interface EventStory { journal: { seq: number; id: string; name: string; source: string; received_at: number; event: Json }[]; destinations: Fate[] }

const MOST = 200;
const SOURCES = ['browser', 'pixel', 'shopify', 'api', 'derived'];
const NAMES = ['page_viewed', 'product_viewed', 'collection_viewed', 'search_submitted', 'product_added_to_cart', 'checkout_started', 'payment_info_submitted', 'checkout_completed', 'order_placed', 'order_refunded', 'orders/create'];

const fateTone = (word: string): Tone => (/delivered|^sent/.test(word) ? 'good' : /refused|expired|dead|given up|lost/.test(word) ? 'bad' : /wait|under way|retry|paused/.test(word) ? 'wait' : 'off');

function Decisions({ fates }: { fates: Fate[] }) {
  return (
    <table class="list decisions">
      <tbody>
        {fates.map((one) => (
          <tr key={one.destination}>
            <td data-name="Destination"><b>{platform(one.destination)}</b></td>
            <td data-name="Decision">
              <Badge tone={fateTone(one.fate)}>{one.fate}</Badge>
              {one.requests.map((batch) => <div class="muted small" key={batch.sent_at}>{batch.status ? `HTTP ${batch.status}` : 'no answer yet'}{batch.verdict && `, ${batch.verdict}`}, {many(batch.attempts, 'attempt')}{batch.answer && `: ${batch.answer.slice(0, 160)}`}</div>)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Inside({ id, close }: { id: string; close: () => void }) {
  const { zone } = useHouse();
  const asked = useAsk<EventStory | EventStory[]>(`/events/${encodeURIComponent(id)}`, 5000);
  return (
    <Dialog title="Event" close={close}>
      <Answer asked={asked}>{(data) => (Array.isArray(data) ? data : [data]).map((story) => {
        const row = story.journal[0];
        return (
          <div key={row?.seq}>
            {row && <p><b>{eventName(row.name)}</b> <span class="muted">({source(row.source)})</span> {moment(row.received_at, zone())} <span class="muted">№ {row.seq}</span></p>}
            <h3>What became of it</h3>
            {story.destinations.length ? <Decisions fates={story.destinations} /> : <p class="muted">No destination was asked: it feeds orders and people only.</p>}
            <h3>Payload</h3>
            {story.journal.map((one) => <Code key={one.seq} value={one.event} label="Payload" />)}
          </div>
        );
      })}</Answer>
    </Dialog>
  );
}

function useStream(filter: Record<string, string>, paused: boolean): { rows: Event[] | null; state: string; trouble?: Error; fresh: number } {
  const [rows, set] = useState<Event[] | null>(null);
  const [state, tell] = useState('connecting');
  const [trouble, say] = useState<Error>();
  const [fresh, setFresh] = useState(0);
  const held = useRef<Event[]>([]);
  const still = useRef(paused);
  still.current = paused;
  const words = JSON.stringify(filter);
  const flush = (): void => {
    const waiting = held.current;
    if (waiting.length === 0) return;
    held.current = [];
    setFresh(0);
    set((old) => {
      const known = new Set((old || []).map(({ seq }) => seq));
      return [...waiting.filter(({ seq }) => !known.has(seq)).sort((a, b) => b.seq - a.seq), ...(old || [])].slice(0, MOST);
    });
  };
  const [visit, revisit] = useState(0);
  useEffect(() => {
    const back = (event: PageTransitionEvent): void => { if (event.persisted) revisit((count) => count + 1); };
    addEventListener('pageshow', back);
    return () => removeEventListener('pageshow', back);
  }, []);
  useEffect(() => {
    const end = new AbortController();
    let stream: EventSource | undefined;
    /* A page that the browser keeps for "back" would keep its stream too, and a browser opens six to one host. */
    const leave = (): void => { end.abort(); stream?.close(); };
    addEventListener('pagehide', leave);
    set(null);
    say(undefined);
    tell('connecting');
    get<{ events: Event[]; head: number }>(`/events${query({ ...filter, limit: 50 })}`, end.signal).then(({ events, head }) => {
      if (end.signal.aborted) return;
      set(events);
      stream = new EventSource(`/api/events${query({ ...filter, follow: 1, after: head })}`);
      stream.onopen = () => tell('live');
      stream.onerror = () => {
        tell('connecting');
        get('/letters', end.signal).catch(() => undefined); /* a session that is over shows the login */
      };
      stream.onmessage = (message) => {
        held.current = [JSON.parse(message.data) as Event, ...held.current].slice(0, MOST);
        if (still.current) setFresh(held.current.length);
      };
    }, (error: Error) => { if (!end.signal.aborted) say(error); });
    const timer = setInterval(() => { if (!still.current) flush(); }, 250);
    return () => { removeEventListener('pagehide', leave); leave(); clearInterval(timer); held.current = []; };
  }, [words, visit]);
  useEffect(() => { if (!paused) flush(); }, [paused]);
  return { rows, state, trouble, fresh };
}

function Lines({ rows, look }: { rows: Event[]; look: (id: string) => void }) {
  const { zone } = useHouse();
  return (
    <table class="list stream">
      <thead><tr><th>Time</th><th>Event</th><th>From</th><th>Visitor</th><th>About</th></tr></thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.seq} class={row.id ? 'opens' : 'muted'} onClick={(event) => { if (!(event.target as HTMLElement).closest('a')) look(row.id); }}>
            <td data-name="Time" class="nowrap">{clock(row.received_at, zone(row.store))}</td>
            <td data-name="Event">{row.id ? <button type="button" class="plain link" onClick={() => look(row.id)}>{eventName(row.name)}</button> : eventName(row.name)} <StoreName name={row.store} /> {row.bot ? <span class="chip">bot</span> : null}</td>
            <td data-name="From">{source(row.source)}</td>
            <td data-name="Visitor" class="mono muted">{row.visitor ? `…${row.visitor.slice(-8)}` : '–'}</td>
            <td data-name="About" class="cut">{row.order ? <Link to={`/orders/${encodeURIComponent(row.order)}`}>order</Link> : row.body === null ? 'erased' : about(row.body)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/* What a person would look for in a payload: the thing, else the search, else the address. */
function about(body: Json): string {
  const one = body as { items?: { name?: string }[]; query?: string; collection?: { title?: string }; client?: { url?: string } } | null;
  const name = one?.items?.[0]?.name || one?.query || one?.collection?.title;
  if (name) return String(name);
  try {
    return one?.client?.url ? new URL(one.client.url).pathname : '';
  } catch {
    return '';
  }
}

export function Live({ open = '' }: { open?: string }) {
  const { store } = useHouse();
  const [place, move] = usePlace({ name: '', source: '', visitor: '' });
  const [paused, pause] = useState(false);
  const [look, setLook] = useState(open);
  const [visitor, type] = useState(place.visitor);
  useEffect(() => {
    const timer = setTimeout(() => { if (visitor.trim() !== place.visitor) move({ visitor: visitor.trim() }); }, 300);
    return () => clearTimeout(timer);
  }, [visitor]);
  const { rows, state, trouble, fresh } = useStream({ store, ...place }, paused);
  return (
    <>
      <Head title="Live" sub={<><Badge tone={paused ? 'off' : state === 'live' ? 'good' : 'wait'}>{paused ? 'paused' : state === 'live' ? 'following' : 'connecting'}</Badge> {paused && fresh > 0 ? `${many(fresh, 'event')} came meanwhile` : 'Events as they are stored, newest first.'}</>}>
        <input type="search" placeholder="Visitor" aria-label="Visitor" value={visitor} onInput={(event) => type(event.currentTarget.value)} />
        <select aria-label="Event" value={place.name} onChange={(event) => move({ name: event.currentTarget.value })}>
          <option value="">Every event</option>
          {NAMES.map((one) => <option key={one} value={one}>{eventName(one)}</option>)}
        </select>
        <select aria-label="From" value={place.source} onChange={(event) => move({ source: event.currentTarget.value })}>
          <option value="">From everywhere</option>
          {SOURCES.map((one) => <option key={one} value={one}>{source(one)}</option>)}
        </select>
        <button type="button" aria-pressed={paused} onClick={() => pause(!paused)}>{paused ? '▶ Go on' : '❚❚ Pause'}</button>
      </Head>
      {trouble && <Trouble trouble={trouble} />}
      {!rows && !trouble && <Loading rows={8} />}
      {rows?.length === 0 && <Empty title="Nothing here yet.">{place.name || place.source || place.visitor ? 'No stored event fits the filter; new ones appear by themselves.' : 'New events appear by themselves.'}</Empty>}
      {rows && rows.length > 0 && <div class="panel flush"><Lines rows={rows} look={setLook} /></div>}
      {look && <Inside id={look} close={() => setLook('')} />}
    </>
  );
}
