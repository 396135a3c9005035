/*
 * Letters: what could not be delivered to one destination, with its reason; tried again or dropped, one
 * by one, some, or all.
 */
import { useState } from 'preact/hooks';
import { type Letter, post, query, useAsk } from './api';
import { many, moment } from './format';
import { Answer, Badge, Confirm, Do, Link, useHouse } from './parts';
import { eventName, platform, reason } from './words';

export function Letters({ store, destination, changed }: { store: string; destination: string; changed: () => void }) {
  const { zone, say, admin } = useHouse();
  const asked = useAsk<{ letters: Letter[] }>(`/letters${query({ store, destination })}`, 10000);
  const [chosen, choose] = useState<Set<number>>(new Set());
  const [dropping, drop] = useState(false);
  const mark = (id: number): void => {
    const next = new Set(chosen);
    if (!next.delete(id)) next.add(id);
    choose(next);
  };
  return (
    <Answer asked={asked} rows={2}>{({ letters }) => {
      const rows = letters.filter((one) => one.destination === destination && (!store || one.store === store));
      if (rows.length === 0) return <p class="muted">None: nothing is undelivered.</p>;
      const ids = rows.map(({ id }) => id).filter((id) => chosen.size === 0 || chosen.has(id));
      const act = async (what: 'retry' | 'drop'): Promise<void> => {
        const done = await post<{ changed: number }>(`/letters/${what}`, { ids });
        say(`${many(done.changed, 'letter')} ${what === 'retry' ? 'will be tried again' : 'dropped'}.`);
        choose(new Set());
        asked.again();
        changed();
      };
      const which = chosen.size ? `${chosen.size} chosen` : rows.length === 1 ? 'it' : `all ${rows.length}`;
      return (
        <>
          <div class="actions">
            <Do act={() => act('retry')}>Try {which} again</Do>
            <Do class="danger" act={() => drop(true)}>Drop {which}</Do>
          </div>
          <table class="list">
            <thead><tr><th class="tick"><span class="hidden">Choose</span></th><th>Event</th><th>State</th><th>Why</th><th class="num">Attempts</th><th>Last</th></tr></thead>
            <tbody>
              {rows.map((one) => (
                <tr key={one.id}>
                  <td data-name="Choose" class="tick"><input type="checkbox" disabled={!admin} aria-label={`Choose letter ${one.id}`} checked={chosen.has(one.id)} onChange={() => mark(one.id)} /></td>
                  <td data-name="Event"><Link to={`/events/${one.seq}`}>{eventName(one.name)}</Link></td>
                  <td data-name="State"><Badge of={one.state}>{one.state === 'dead' ? 'given up' : `again ${moment(one.next_try, zone(one.store))}`}</Badge></td>
                  <td data-name="Why">{one.words || reason(one.reason)}{one.code && <span class="muted mono"> {one.code}</span>}</td>
                  <td data-name="Attempts" class="num">{one.attempts}</td>
                  <td data-name="Last" class="nowrap">{moment(one.updated_at, zone(one.store))}</td>
                </tr>
              ))}
            </tbody>
          </table>
          {dropping && (
            <Confirm title={`Drop ${many(ids.length, 'letter')}?`} verb="Drop" typed="drop" close={() => drop(false)} act={() => act('drop')}>
              {platform(destination)} will never get {ids.length === 1 ? 'this event' : 'these events'}. The events themselves stay in the journal.
            </Confirm>
          )}
        </>
      );
    }}</Answer>
  );
}
