/*
 * Proof per order: its two halves and what joined them, the identity that was used, and for each
 * platform the request, the answer and the verdict; one timeline of all of it; and when it was not
 * sent, why. What the platforms got is shown as the server gives it: personal data masked.
 */
import { type Json, type Letter, type Outcome, type OrderLine, type Row, useAsk } from './api';
import { count, many, moment, money } from './format';
import { Answer, Badge, Code, Head, Link, useHouse } from './parts';
import { eventName, identifier, match, orderState, platform, reason, source, state, toneOf } from './words';
import { orderName, waiting } from './orders';

interface Request { destination: string; at: number; url: string; body: Json; status: number; answer: string; verdict: string; attempts: number; name?: string; body_note?: string }
interface Fact { makes: string; subject: string; seq: number; at: number; applied: boolean }
interface Story extends Partial<OrderLine> {
  state: string; visitor?: string; adjusted?: string; paid: boolean; cancelled: boolean; due_at: number; server_seq: number; browser_seq: number; sent_seq: number;
  person?: { id: number; email?: string; phone?: string; first_name?: string; last_name?: string };
  journal: Row[]; facts: Fact[]; outcomes: Outcome[]; paused: { destination: string; reason: string }[]; letters: Letter[]; requests?: Request[];
}

const part = (value: Json | undefined, key: string): { [key: string]: Json } => {
  const inner = value && typeof value === 'object' && !Array.isArray(value) ? value[key] : null;
  return inner && typeof inner === 'object' && !Array.isArray(inner) ? inner : {};
};
const given = (value: Json | undefined): boolean => value !== null && value !== undefined && value !== '' && typeof value !== 'object';

/* ---- what is at the top ---- */

function Half({ title, row, missing }: { title: string; row?: Row; missing: string }) {
  const { zone } = useHouse();
  return (
    <div class={`half ${row ? 'has' : 'lacks'}`}>
      <h3>{row ? '✓' : '✕'} {title}</h3>
      {row ? <p>{source(row.source)}, {row.name}<br /><span class="muted">{moment(row.received_at, zone())}</span></p> : <p>{missing}</p>}
    </div>
  );
}

const CLIENT = ['fbp', 'fbc', 'gclid', 'gbraid', 'wbraid', 'ttclid', 'ttp', 'ga', 'kx', 'client_id', 'ip', 'user_agent'];
const WHO = ['email', 'phone', 'customer_id', 'first_name', 'last_name', 'city', 'zip', 'region', 'country', 'visitor'];

/* What the order that was sent carries, by name; the values are in the requests below. */
function Identity({ event }: { event?: Json }) {
  const who = part(event, 'who'), client = part(event, 'client');
  const has = [...WHO.filter((key) => given(who[key])), ...CLIENT.filter((key) => given(client[key]))];
  const lacks = ['email', 'phone', 'fbp', 'fbc', 'gclid', 'ttclid', 'visitor'].filter((key) => !given(who[key]) && !given(client[key]));
  if (!event) return <p class="muted">Known once the order is sent.</p>;
  return (
    <p class="chips">
      {has.map((key) => <span class="chip" key={key}>✓ {identifier(key)}</span>)}
      {lacks.map((key) => <span class="chip lacks" key={key}>✕ {identifier(key)}</span>)}
    </p>
  );
}

function Why({ story }: { story: Story }) {
  const { zone } = useHouse();
  if (story.state === 'EXCLUDED' || story.state === 'DROPPED')
    return <p class="note wait"><b>Not sent to any platform:</b> {story.reason ? reason(story.reason) : 'no reason was kept'}. It is counted under this reason.</p>;
  if (story.state === 'HELD')
    return <p class="note wait"><b>Held</b> for the browser's half{story.due_at ? `, at most until ${moment(story.due_at, zone(story.store))}` : ''}. Then it goes out as it is.</p>;
  if (story.state === 'SEEN_BROWSER')
    return <p class="note wait"><b>Only the browser told of it so far.</b> It waits for the shop's webhook{story.due_at ? ` until ${moment(story.due_at, zone(story.store))}` : ''}.</p>;
  return null;
}

/* ---- the platforms ---- */

function Attempt({ one }: { one: Request }) {
  const { zone } = useHouse();
  return (
    <details class="attempt">
      <summary>
        <Badge of={/^(ok|accepted|delivered)/.test(one.verdict) ? 'delivered' : one.verdict ? 'refused' : 'waiting'}>{one.status ? `HTTP ${one.status}` : 'no answer'}</Badge>
        <span>{one.verdict || 'on its way'}, {many(one.attempts, 'attempt')}</span>
        <span class="muted nowrap">{moment(one.at, zone())}</span>
      </summary>
      {one.url && <p class="url">{one.url}</p>}
      <h4>Request{one.name ? `: ${eventName(one.name)}` : ''}, personal data masked</h4>
      {one.body !== undefined && <Code value={one.body} label={`Request to ${platform(one.destination)}`} />}
      {one.body_note && <p class="small muted">{one.body_note}</p>}
      <h4>Answer</h4>
      <Code value={one.answer} label={`Answer of ${platform(one.destination)}`} />
    </details>
  );
}

function Destination({ name, story }: { name: string; story: Story }) {
  const { zone } = useHouse();
  const outcomes = story.outcomes.filter(({ destination }) => destination === name);
  const letters = story.letters.filter(({ destination }) => destination === name);
  const requests = (story.requests || []).filter(({ destination }) => destination === name);
  const paused = story.paused.find(({ destination }) => destination === name);
  return (
    <article class="panel platform">
      <h3>{platform(name)}</h3>
      {paused && <p class="note bad"><b>Paused:</b> {paused.reason || 'by a person'}. What waits is sent when it runs again.</p>}
      <ul class="plainlist">
        {outcomes.map((one) => (
          <li key={one.name + (one.subject || '')}>
            <Badge of={one.state}>{state(one.state)}</Badge> {eventName(one.name)}{one.reason ? `: ${reason(one.reason)}` : ''}
            {one.at ? <span class="muted"> {moment(one.at, zone(story.store))}</span> : null}
            {(one.requests || []).filter(({ answered, verdict, attempts }) => answered && attempts > 1 && verdict).map((batch) => (
              <span class="muted" key={batch.sent_at}>, after {many(batch.attempts, 'attempt')}</span>
            ))}
          </li>
        ))}
        {letters.map((one) => (
          <li key={one.id}><Badge of={one.state}>{one.state === 'dead' ? 'given up' : 'will be tried again'}</Badge> {one.words || reason(one.reason)}
            <span class="muted"> after {many(one.attempts, 'attempt')}{one.state === 'waiting' && one.next_try ? `, next ${moment(one.next_try, zone(story.store))}` : ''}</span></li>
        ))}
      </ul>
      {requests.map((one, n) => <Attempt key={n} one={one} />)}
    </article>
  );
}

/* ---- the timeline ---- */

interface Moment { at: number; tone: 'good' | 'wait' | 'bad' | 'off'; title: string; text: string; link?: string; side: 'in' | 'out' }

function moments(story: Story): Moment[] {
  const list: Moment[] = story.journal.map((row) => ({
    at: row.received_at, tone: 'off' as const, side: 'in' as const, link: `/events/${row.seq}`,
    title: eventName(row.name), text: row.seq === story.server_seq ? 'the server\'s half' : row.seq === story.browser_seq ? 'the browser\'s half'
      : row.seq === story.sent_seq ? 'both halves joined; this is what the platforms are told' : source(row.source),
  }));
  for (const fact of story.facts)
    if (!fact.applied) list.push({ at: fact.at, tone: 'wait', side: 'in', title: eventName(fact.makes), text: 'waits for the order to be sent' });
  for (const one of story.outcomes) {
    for (const batch of one.requests || [])
      list.push({
        at: batch.sent_at, tone: batch.answered ? toneOf(one.state) : 'wait', side: 'out', title: `${platform(one.destination)}: ${eventName(one.name)}`,
        text: batch.answered ? `${batch.status ? `HTTP ${batch.status}` : 'no answer'}, ${batch.verdict}${batch.attempts > 1 ? `, ${many(batch.attempts, 'attempt')}` : ''}` : 'on its way',
      });
    if (!one.requests?.length && one.at) list.push({ at: one.at, tone: toneOf(one.state), side: 'out', title: `${platform(one.destination)}: ${eventName(one.name)}`, text: one.reason ? reason(one.reason) : state(one.state) });
  }
  return list.sort((a, b) => a.at - b.at);
}

function Timeline({ story }: { story: Story }) {
  const { zone } = useHouse();
  return (
    <ol class="timeline">
      {moments(story).map((one, n) => (
        <li key={n} class={`${one.tone} ${one.side}`}>
          <time>{moment(one.at, zone(story.store))}</time>
          <span class="dot" aria-hidden="true" />
          <p><span class="arrow" aria-label={one.side === 'in' ? 'came in' : 'went out'}>{one.side === 'in' ? '→' : '↗'}</span> {one.link ? <Link to={one.link}>{one.title}</Link> : <b>{one.title}</b>}<br /><span class="muted">{one.text}</span></p>
        </li>
      ))}
    </ol>
  );
}

function Proof({ story: told }: { story: Story }) {
  const { zone, admin, tiles } = useHouse();
  const store = told.journal.map(({ event }) => event && typeof event === 'object' && !Array.isArray(event) ? event.store : '').find(Boolean);
  const story = { ...told, store: told.store || String(store || '') };
  const row = (seq: number): Row | undefined => story.journal.find((one) => seq && one.seq === seq);
  const sent = row(story.sent_seq), server = row(story.server_seq), browser = row(story.browser_seq);
  const names = [...new Set([...story.outcomes, ...story.letters, ...(story.requests || [])].map(({ destination }) => destination))].sort();
  const late = waiting(story, tiles, (name) => names.includes(name));
  const half = part((server || browser)?.event, 'order');
  const shown = story.value ? money(story.value, story.currency) : given(half.value) ? money(String(half.value), String(half.currency || '')) : '';
  const delivered = names.filter((name) => story.outcomes.some((one) => one.destination === name && one.name === 'order_placed' && one.state === 'delivered'));
  return (
    <>
      <Head title={<>Order {orderName(story)} {shown && <span class="light">{shown}</span>}</>}
        sub={<>
          <Badge tone={story.state === 'DROPPED' ? 'bad' : toneOf(story.state)}>{orderState(story.state)}</Badge>{' '}
          {names.length + late.length > 0 && `delivered to ${count(delivered.length)} of ${many(names.length + late.length, 'platform')}`}
          {story.paid && ', paid'}{story.cancelled && ', cancelled'}{story.adjusted && Number(story.adjusted) !== 0 && `, given back ${money(story.adjusted, story.currency)}`}
        </>}>
        <Link to="/orders" class="button">All orders</Link>
      </Head>
      <Why story={story} />
      <section class="panel" aria-labelledby="halves">
        <h2 id="halves">Both halves</h2>
        <div class="twohalves">
          <Half title="The shop's server" row={server} missing="No webhook, no API call." />
          <div class="join">
            <span aria-hidden="true">{server && browser ? '⇄' : '·'}</span>
            {server && browser ? <>joined by<br /><b>{story.matched ? match(story.matched) : 'the same order'}</b></> : story.matched ? <>visitor found by<br /><b>{match(story.matched)}</b></> : 'not joined'}
          </div>
          <Half title="The browser" row={browser} missing="Nothing came: blocked, closed too soon, or no consent. Without the server's half this order would be lost." />
        </div>
        <h3>Identity used</h3>
        <Identity event={sent?.event} />
        <dl class="facts">
          <div><dt>Shop's id</dt><dd>{story.order_id || '–'}</dd></div>
          <div><dt>Id at the platforms</dt><dd>{story.id || '–'}</dd></div>
          <div><dt>First seen</dt><dd>{moment(story.first_at, zone(story.store))}</dd></div>
          {story.visitor && <div><dt>Visitor</dt><dd>{story.visitor}</dd></div>}
          {story.person && <div><dt>Person</dt><dd><Link to={`/people/${story.person.id}`}>{story.person.email || story.person.phone || `person ${story.person.id}`}</Link></dd></div>}
        </dl>
        {!admin && <p class="small muted">Personal data is masked for viewers.</p>}
      </section>
      <div class="columns">
        <section aria-labelledby="platforms">
          <h2 id="platforms">What each platform was told, and said</h2>
          {names.length + late.length === 0 && <p class="muted">Nothing yet.</p>}
          {names.map((name) => <Destination key={name} name={name} story={story} />)}
          {late.map((tile) => (
            <article class="panel platform" key={tile.destination}>
              <h3>{platform(tile.destination)}</h3>
              <ul class="plainlist"><li><Badge tone="wait">waiting</Badge> Order placed: it is stored and will be sent. {tile.text}.</li></ul>
            </article>
          ))}
        </section>
        <section class="panel" aria-labelledby="timeline"><h2 id="timeline">Timeline</h2><Timeline story={story} /></section>
      </div>
    </>
  );
}

export function Order({ id }: { id: string }) {
  const asked = useAsk<Story[] | Story>(`/orders/${encodeURIComponent(id)}`, 10000);
  return <Answer asked={asked} rows={8}>{(data) => (Array.isArray(data) ? data : [data]).map((story) => <Proof key={story.id} story={story} />)}</Answer>;
}
