/*
 * Destinations: how each platform is, in its own words where it refuses; and what a person may do about
 * it: pause, resume, send a test event, send a period again, and look through what is undelivered.
 */
import { useState } from 'preact/hooks';
import { post, query, type Tile, useAsk } from './api';
import { ago, count, isoDay, many, midnight, moment, span } from './format';
import { Letters } from './letters';
import { Answer, Badge, Bar, Confirm, Dialog, Do, Empty, Figure, Head, StoreName, useHouse, usePlace } from './parts';
import { platform, state, toneOf } from './words';

interface Failure { code: string; words: string; n: number; last_at: number }
interface Destination extends Tile { classes: Failure[]; rate: { per_minute: number }; p50_ms: number | null; p99_ms: number | null }

interface Replayed { rows: number; skipped_delivered: number; stopped: boolean }
interface Work { id: number; kind: string; store: string; destination: string; percent: number; cancelled: boolean }

const pathOf = (one: Destination): string => `/destinations/${encodeURIComponent(one.store)}/${encodeURIComponent(one.destination)}`;

/* ---- send a period again ---- */

function Replay({ one, close }: { one: Destination; close: () => void }) {
  const { zone, now, say } = useHouse();
  const yesterday = isoDay(now - 86400000, zone(one.store)), today = isoDay(now, zone(one.store));
  const [from, setFrom] = useState(yesterday), [to, setTo] = useState(today);
  const [found, find] = useState<Replayed | null>(null);
  const [running, run] = useState(false);
  const works = useAsk<{ works: Work[] }>(running ? '/works' : null, 500).data?.works;
  const work = works?.find((row) => row.kind === 'replay' && row.store === one.store && row.destination === one.destination);
  const ask = async (dry: boolean): Promise<Replayed> => {
    run(true);
    try {
      return await post<Replayed>(`${pathOf(one)}/replay`, {
        from: midnight(from, zone(one.store)), to: Math.min(now, midnight(isoDay(midnight(to, zone(one.store)) + 30 * 3600000, zone(one.store)), zone(one.store))), dry,
      });
    } finally {
      run(false);
    }
  };
  const send = async (): Promise<void> => {
    const done = await ask(false);
    say(done.stopped ? `Stopped: ${many(done.rows, 'event')} will be sent again, the rest not.` : `${many(done.rows, 'event')} will be sent again.`);
    close();
  };
  const countThem = async (): Promise<void> => {
    const done = await ask(true);
    find(done.stopped ? null : done);
  };
  return (
    <Dialog title={`Send a period to ${platform(one.destination)} again`} close={close}>
      <p class="say">Events keep their ids, so {platform(one.destination)} counts none twice where it can deduplicate; consent is asked again for each. Count first; nothing is sent by that.</p>
      <div class="pair">
        <label class="field">From <input type="date" value={from} max={to} onChange={(event) => { setFrom(event.currentTarget.value); find(null); }} /></label>
        <label class="field">To <input type="date" value={to} min={from} max={today} onChange={(event) => { setTo(event.currentTarget.value); find(null); }} /></label>
      </div>
      {found && <p class="note" role="status"><b>{many(found.rows, 'event')}</b> would be looked at again; {count(found.skipped_delivered)} of the period were delivered already and stay as they are.</p>}
      {work && <p class="going"><progress max={100} value={work.percent} aria-label="How far it is" /> <span role="status">{work.percent} %</span></p>}
      <footer>
        {work ? <Do key="stop" disabled={work.cancelled} act={() => post(`/works/${work.id}/cancel`)}>Stop</Do> : <button type="button" onClick={close}>Cancel</button>}
        <Do key="count" disabled={running} act={countThem}>Count (dry run)</Do>
        <Do key="send" class="main" disabled={running || !found || found.rows === 0} act={send}>
          {found ? `Send ${many(found.rows, 'event')}` : 'Send'}
        </Do>
      </footer>
    </Dialog>
  );
}

/* ---- one of them ---- */

function Failures({ one }: { one: Destination }) {
  const { zone } = useHouse();
  if (one.classes.length === 0) return <p class="muted">Nothing was refused in the last seven days.</p>;
  return (
    <table class="list">
      <thead><tr><th>{platform(one.destination)}'s words</th><th>Code</th><th class="num">Times</th><th>Last</th></tr></thead>
      <tbody>
        {one.classes.map((row) => (
          <tr key={row.code + row.words}>
            <td data-name="Words">{row.words.replace(/^platform: /, '') || '(no words)'}</td><td data-name="Code" class="mono">{row.code || '–'}</td>
            <td data-name="Times" class="num">{count(row.n)}</td><td data-name="Last" class="nowrap">{moment(row.last_at, zone(one.store))}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Actions({ one, changed }: { one: Destination; changed: () => void }) {
  const { say } = useHouse();
  const [dialog, open] = useState<'' | 'pause' | 'replay'>('');
  const paused = one.state === 'paused';
  return (
    <div class="actions">
      {paused
        ? <Do class="main" act={async () => { await post(`${pathOf(one)}/resume`); say(`${platform(one.destination)} runs again; what waited is sent now.`); changed(); }}>▶ Resume</Do>
        : <Do disabled={one.state === 'disabled'} act={() => open('pause')}>❚❚ Pause</Do>}
      <Do act={async () => { const { ok, text } = await post<{ ok: boolean; text: string }>(`${pathOf(one)}/test`); say(text, !ok); }}>Test connection</Do>
      <Do act={() => open('replay')}>Replay …</Do>
      {dialog === 'pause' && (
        <Confirm title={`Pause ${platform(one.destination)}?`} verb="Pause" close={() => open('')} act={async () => { await post(`${pathOf(one)}/pause`); changed(); }}>
          Events go on being stored and wait; none is lost, and all are sent when you resume (a platform takes events only so old: Meta 7 days, the others more).
        </Confirm>
      )}
      {dialog === 'replay' && <Replay one={one} close={() => open('')} />}
    </div>
  );
}

function Card({ one, open, turn, changed }: { one: Destination; open: boolean; turn: () => void; changed: () => void }) {
  const { now, zone } = useHouse();
  const id = `d-${one.store}-${one.destination}`;
  return (
    <article class={`panel destination ${toneOf(one.state)}`}>
      <button type="button" class="plain opener" aria-expanded={open} aria-controls={id} onClick={turn}>
        <span class="name">{platform(one.destination)} <StoreName name={one.store} /></span>
        <Badge of={one.state}>{state(one.state)}</Badge>
        {one.mode !== 'live' && <span class="chip">{one.mode} mode</span>}
        <span class="text">{one.text.replace(/^[^:]{1,24}:\s*/, '')}</span>
        <span class="chevron" aria-hidden="true">{open ? '▾' : '▸'}</span>
      </button>
      <Bar label="Today's orders" parts={[
        { n: one.orders.delivered, tone: 'good', word: 'delivered' }, { n: one.orders.waiting, tone: 'wait', word: 'waiting' },
        { n: one.orders.refused, tone: 'bad', word: 'refused' }, { n: one.orders.skipped, tone: 'off', word: 'not sent' },
      ]} />
      {open && (
        <div id={id} class="inside">
          {one.reason && one.state !== 'live' && (
            <p class={`note ${one.state === 'paused' ? 'bad' : 'wait'}`}>
              <b>{one.since ? `Since ${moment(one.since, zone(one.store))}: ` : ''}</b>{one.reason.replace(/^platform: /, '')}
              {one.state === 'paused' && one.reason.startsWith('platform') && <><br />It refuses us, not the events. Put a good token into the config and send SIGHUP or restart; what waits is sent then, nothing is lost.</>}
            </p>
          )}
          <dl class="figures small">
            <Figure name="Waiting" value={count(one.backlog)}>{one.backlog && one.behind_ms ? `oldest ${span(one.behind_ms)}` : 'nothing is behind'}</Figure>
            <Figure name="Rate" value={count(one.rate.per_minute)}>events a minute</Figure>
            <Figure name="Delivered today" value={count(one.events_delivered)}>last {ago(one.last_delivered_at, now)}</Figure>
            <Figure name="Its answers take" value={one.p50_ms === null ? '–' : span(one.p50_ms)}>{one.p99_ms === null ? 'half of them; none yet' : `half of them; 99 % within ${span(one.p99_ms)}`}</Figure>
          </dl>
          <Actions one={one} changed={changed} />
          <h3>Refusals in seven days</h3>
          <Failures one={one} />
          <h3>Letters: {count(one.letters.dead)} given up, {count(one.letters.waiting)} to be tried again</h3>
          <Letters store={one.store} destination={one.destination} changed={changed} />
        </div>
      )}
    </article>
  );
}

export function Destinations() {
  const { store } = useHouse();
  const [place, move] = usePlace({ open: '' });
  const asked = useAsk<{ destinations: Destination[] }>(`/destinations${query({ store })}`, 5000);
  return (
    <>
      <Head title="Destinations" sub="How each platform is, what it refused and why, and what to do about it." />
      <Answer asked={asked}>{({ destinations }) => {
        const shown = destinations.filter((one) => !store || one.store === store);
        if (shown.length === 0) return <Empty title="No destination yet.">Name one under <code>destinations</code> in the config, then send SIGHUP.</Empty>;
        return shown.map((one) => {
          const key = `${one.store}/${one.destination}`, open = place.open === key || shown.length === 1;
          return <Card key={key} one={one} open={open} turn={() => move({ open: open ? '' : key })} changed={asked.again} />;
        });
      }}</Answer>
    </>
  );
}
