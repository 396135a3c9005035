/*
 * People: look somebody up, see all that is known of them, give it to them, forget them.
 */
import { useEffect, useState } from 'preact/hooks';
import { type Json, post, query, type Row, useAsk } from './api';
import { many, moment } from './format';
import { Answer, Code, Confirm, Dialog, Do, Empty, go, Head, Link, StoreName, useHouse, usePlace } from './parts';
import { eventName, identifier, source } from './words';

interface Known { id: number; store: string; email: string; phone: string; customer_id: string; updated_at: number }
interface Story { person?: { [key: string]: Json } & { id: number; store?: string; updated_at: number }; notes?: { kind: string; text: string; at: number }[]; journal?: Row[]; [key: string]: unknown }

const nameOf = (one: { email?: Json; phone?: Json; customer_id?: Json; id: number }): string => String(one.email || one.phone || (one.customer_id ? `customer ${one.customer_id}` : `person ${one.id}`));

export function People() {
  const { zone, store } = useHouse();
  const [place, move] = usePlace({ q: '' });
  const [text, type] = useState(place.q);
  useEffect(() => {
    const timer = setTimeout(() => { if (text.trim() !== place.q) move({ q: text.trim() }); }, 300);
    return () => clearTimeout(timer);
  }, [text]);
  const asked = useAsk<{ people: Known[] }>(place.q ? `/people${query({ q: place.q, store })}` : null);
  return (
    <>
      <Head title="People" sub="What is known of somebody, to answer them, or to forget them.">
        <input type="search" aria-label="Search people" placeholder="E-mail, phone or customer id" autofocus value={text} onInput={(event) => type(event.currentTarget.value)} />
      </Head>
      {!place.q && <Empty title="Whom do you look for?">Type an e-mail address, a phone number (with its country code) or the shop's customer id. Nobody is listed unasked.</Empty>}
      {place.q && <Answer asked={asked}>{({ people }) => (people.length === 0
        ? <Empty title="Nobody is known by that.">An anonymous visitor has no name here until an order, a form or a login tells it.</Empty>
        : (
          <div class="panel flush"><table class="list">
            <thead><tr><th>Who</th><th>Phone</th><th>Customer id</th><th>Last changed</th></tr></thead>
            <tbody>
              {people.map((one) => (
                <tr key={one.id} class="opens" onClick={(event) => { if (!(event.target as HTMLElement).closest('a')) go(`/people/${one.id}`); }}>
                  <td data-name="Who"><Link to={`/people/${one.id}`}>{nameOf(one)}</Link> <StoreName name={one.store} /></td>
                  <td data-name="Phone">{one.phone || '–'}</td><td data-name="Customer id">{one.customer_id || '–'}</td>
                  <td data-name="Last changed" class="nowrap">{moment(one.updated_at, zone(one.store))}</td>
                </tr>
              ))}
            </tbody>
          </table></div>
        ))}</Answer>}
    </>
  );
}

const KINDS: Record<string, string> = { visitor: 'Visitor', link: 'Linked', merge: 'Merged' };
const FIELDS = ['email', 'phone', 'customer_id', 'first_name', 'last_name', 'city', 'region', 'zip', 'country'];

function Forget({ id, name, close: leave }: { id: string; name: string; close: (gone: boolean) => void }) {
  const [receipt, set] = useState<Json>(null);
  const close = (): void => leave(receipt !== null);
  return receipt !== null
    ? (
      <Dialog title="Forgotten" close={close}>
        <p class="say">This is the receipt. It names nobody; keep it with the request.</p>
        <Code value={receipt} label="Receipt" />
        <footer><button type="button" class="main" onClick={close}>Done</button></footer>
      </Dialog>
    )
    : (
      <Confirm title="Forget this person?" verb="Forget for good" typed={name} stay close={close} act={async () => set(await post<Json>(`/people/${id}/forget`))}>
        All that names {name} is erased: identifiers, visitors, their events' personal data, requests kept. It cannot be undone. What the platforms already have is for the platforms to erase.
      </Confirm>
    );
}

function One({ id, story }: { id: string; story: Story }) {
  const { zone } = useHouse();
  const [forgetting, forget] = useState(false);
  const person = story.person || (story as unknown as NonNullable<Story['person']>);
  const notes = story.notes || [], journal = [...(story.journal || [])].sort((a, b) => b.received_at - a.received_at);
  const name = nameOf(person);
  return (
    <>
      <Head title={name} sub={`Last changed ${moment(person.updated_at, zone())}`}>
        <a class="button" href={`/api/people/${encodeURIComponent(id)}/export`} download={`person-${id}.json`}>Export</a>
        <Do class="danger" act={() => forget(true)}>Forget …</Do>
      </Head>
      <section class="panel">
        <h2>Known</h2>
        <dl class="facts">{FIELDS.filter((key) => person[key]).map((key) => <div key={key}><dt>{identifier(key)}</dt><dd>{String(person[key])}</dd></div>)}</dl>
      </section>
      {notes.length > 0 && <section class="panel"><h2>Visitors and notes</h2><ul class="plainlist">{notes.map((one, n) => <li key={n}><b>{KINDS[one.kind] || one.kind.replace(/_/g, ' ')}</b> {one.text} <span class="muted">{moment(one.at, zone())}</span></li>)}</ul></section>}
      <section class="panel flush">
        <h2>Story <span class="light">{many(journal.length, 'event')}</span></h2>
        {journal.length === 0 ? <p class="pad muted">No event of theirs is kept any more.</p> : (
          <table class="list">
            <thead><tr><th>Time</th><th>Event</th><th>From</th></tr></thead>
            <tbody>{journal.map((row) => (
              <tr key={row.seq}><td data-name="Time" class="nowrap">{moment(row.received_at, zone())}</td><td data-name="Event"><Link to={`/events/${row.seq}`}>{eventName(row.name)}</Link></td><td data-name="From">{source(row.source)}</td></tr>
            ))}</tbody>
          </table>
        )}
      </section>
      <details class="panel"><summary>All of it, as JSON</summary><Code value={story as unknown as Json} label="Story" /></details>
      {forgetting && <Forget id={id} name={name} close={(gone) => { forget(false); if (gone) go('/people'); }} />}
    </>
  );
}

export function Person({ id }: { id: string }) {
  const asked = useAsk<Story | Story[]>(`/people/${encodeURIComponent(id)}`);
  return <Answer asked={asked}>{(data) => (Array.isArray(data) ? data : [data]).map((story, n) => <One key={n} id={id} story={story} />)}</Answer>;
}
