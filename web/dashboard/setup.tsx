/*
 * Setup: what to paste where, and a list that turns green as the first snippet hit, pixel event,
 * webhook and delivery arrive. Asked every two seconds while something is missing.
 */
import { useState } from 'preact/hooks';
import { query, useAsk } from './api';
import { moment } from './format';
import { Answer, Copy, Empty, Head, useHouse, useOneStore, Words } from './parts';
import { platform } from './words';

interface Paste { title: string; where: string; text: string }
interface Check { id: string; done: boolean; at: number | null; hint: string }
interface Answered { paste: Paste[]; checks: Check[] }

const NAMES: Record<string, string> = { snippet: 'First snippet hit', pixel: 'First pixel event', webhook: 'First signed webhook', api: 'First event by the server API' };
const nameOf = (id: string): string => (id.startsWith('delivery:') ? `First delivery to ${platform(id.slice(9))}` : NAMES[id] || id.replace(/[_:]/g, ' '));

export function Setup() {
  const house = useHouse();
  const [store, choice] = useOneStore();
  const [complete, finish] = useState(false);
  const asked = useAsk<Answered>(store ? `/setup${query({ store })}` : null, complete ? 30000 : 2000);
  const done = asked.data ? asked.data.checks.filter((one) => one.done).length : 0;
  if (asked.data && (done === asked.data.checks.length) !== complete) finish(!complete);
  return (
    <>
      <Head title="Setup" sub={asked.data ? (complete ? 'Everything has arrived at least once.' : `${done} of ${asked.data.checks.length} have arrived. This page looks by itself.`) : undefined}>
        {choice}
      </Head>
      {!store && <Empty title="No store in the config."><code>sidetrack init</code> writes one, with comments.</Empty>}
      {store && <Answer asked={asked}>{({ paste, checks }) => (
        <div class="beside">
          <section aria-labelledby="paste">
            <h2 id="paste">What to paste where</h2>
            <ol class="steps">
              {paste.map((one) => (
                <li class="panel" key={one.title}>
                  <h3>{one.title}</h3>
                  <p class="muted"><Words text={one.where} /></p>
                  <div class="code"><Copy text={one.text} /><pre tabIndex={0} aria-label={one.title}>{one.text}</pre></div>
                </li>
              ))}
            </ol>
          </section>
          <aside class="panel" aria-labelledby="checks">
            <h2 id="checks">Has it arrived?</h2>
            <ul class="checks" aria-live="polite">
              {checks.map((one) => (
                <li key={one.id} class={one.done ? 'done' : ''}>
                  <span class="sign" aria-hidden="true">{one.done ? '✓' : '○'}</span>
                  <div><b>{nameOf(one.id)}</b><span class="hidden">{one.done ? ': arrived' : ': not yet'}</span>
                    <p class="muted">{one.done ? (one.at ? `Last: ${moment(one.at, house.zone(store))}` : 'arrived') : one.hint || 'not yet'}</p></div>
                </li>
              ))}
            </ul>
          </aside>
        </div>
      )}</Answer>}
    </>
  );
}
