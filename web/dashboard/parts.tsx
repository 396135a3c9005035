/*
 * The parts that every page is made of: links, badges, the states of a page (loading, trouble, empty),
 * dialogs, copy buttons. Colour is never the only sign: each tone has its mark and its word.
 */
import { type ComponentChildren, createContext } from 'preact';
import { useContext, useEffect, useRef, useState } from 'preact/hooks';
import type { Asked, Json, Store, Tile } from './api';
import { Refusal } from './api';
import { type Tone, toneOf } from './words';

/* What the shell knows and every page may use. */
export interface House {
  admin: boolean;
  stores: Store[];
  store: string; // the chosen one, '' = all
  tiles: Tile[]; // of all destinations, as Today shows them
  now: number;
  zone: (store?: string) => string;
  currency: (store?: string) => string;
  say: (text: string, bad?: boolean) => void; // a short message at the bottom
}
export const HouseContext = createContext<House>(undefined as unknown as House);
export const useHouse = (): House => useContext(HouseContext);

/* ---- going somewhere ---- */

export function go(path: string): void {
  history.pushState(null, '', path);
  dispatchEvent(new PopStateEvent('popstate'));
}

interface LinkWords { class?: string; title?: string; 'aria-current'?: 'page' }
export function Link({ to, children, ...rest }: { to: string; children: ComponentChildren } & LinkWords) {
  const click = (event: MouseEvent): void => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
    event.preventDefault();
    go(to);
  };
  return <a href={to} onClick={click} {...rest}>{children}</a>;
}

/* The query of the address, kept there so that a page can be bookmarked and found again. */
export function usePlace<T extends Record<string, string>>(empty: T): [T, (change: Partial<T>) => void] {
  const read = (): T => {
    const given = new URLSearchParams(location.search);
    return Object.fromEntries(Object.keys(empty).map((key) => [key, given.get(key) ?? empty[key]])) as T;
  };
  const [place, set] = useState(read);
  useEffect(() => {
    const changed = (): void => set(read());
    addEventListener('popstate', changed);
    return () => removeEventListener('popstate', changed);
  }, []);
  return [place, (change) => {
    const next = { ...place, ...change };
    const words = new URLSearchParams(Object.entries(next).filter(([key, value]) => value !== empty[key]));
    history.replaceState(null, '', `${location.pathname}${words.size ? `?${words}` : ''}`);
    set(next);
  }];
}

/* ---- signs ---- */

const MARKS: Record<Tone, string> = { good: '✓', wait: '◷', bad: '!', off: '–' };
export function Badge({ tone, of, children }: { tone?: Tone; of?: string; children: ComponentChildren }) {
  const shown = tone || toneOf(of || '');
  return <span class={`badge ${shown}`}><span class="mark" aria-hidden="true">{MARKS[shown]}</span>{children}</span>;
}

export interface Part { n: number; tone: Tone; word: string }
/* How a whole is divided, as a bar and as words. */
export function Bar({ parts, label }: { parts: Part[]; label: string }) {
  const all = parts.reduce((sum, { n }) => sum + n, 0);
  const words = parts.filter(({ n }) => n > 0).map(({ n, word }) => `${n} ${word}`).join(', ') || 'nothing yet';
  return (
    <div class="bar" role="img" aria-label={`${label}: ${words}`} title={words}>
      {all > 0 && parts.map(({ n, tone, word }) => n > 0 && <span key={word} class={tone} style={{ flexGrow: n }} />)}
    </div>
  );
}

export function Figure({ name, value, children, bad }: { name: string; value: ComponentChildren; children?: ComponentChildren; bad?: boolean }) {
  return <div class={`figure ${bad ? 'is-bad' : ''}`}><dt>{name}</dt><dd><b>{value}</b>{children && <small>{children}</small>}</dd></div>;
}

/* For a page that is about one store: the chosen one, else the first, with a choice of its own. */
export function useOneStore(): [string, ComponentChildren] {
  const { stores, store } = useHouse();
  const [picked, pick] = useState('');
  const one = store || picked || stores[0]?.name || '';
  if (store || stores.length < 2) return [one, null];
  return [one, (
    <select aria-label="Store" value={one} onChange={(event) => pick(event.currentTarget.value)}>
      {stores.map(({ name }) => <option key={name} value={name}>{name}</option>)}
    </select>
  )];
}

/* ---- states of a page ---- */

export function Trouble({ trouble, again }: { trouble: Error; again?: () => void }) {
  const known = trouble instanceof Refusal && trouble.status === 404 ? 'This does not exist, or no longer.' : trouble.message;
  return (
    <div class="note bad" role="alert">
      <b>That did not work.</b> {known} {again && <button type="button" class="plain" onClick={again}>Try again</button>}
    </div>
  );
}

export function Loading({ rows = 4 }: { rows?: number }) {
  return <div class="loading" role="status" aria-label="Loading">{Array.from({ length: rows }, (_, n) => <span key={n} />)}</div>;
}

export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return <div class="empty"><b>{title}</b>{children && <p>{children}</p>}</div>;
}

/* Loading, trouble or the data; trouble over older data is shown above it. */
export function Answer<T>({ asked, children, rows }: { asked: Asked<T>; children: (data: T) => ComponentChildren; rows?: number }) {
  return (
    <>
      {asked.trouble && <Trouble trouble={asked.trouble} again={asked.again} />}
      {asked.data !== undefined ? children(asked.data) : !asked.trouble && <Loading rows={rows} />}
    </>
  );
}

export function Head({ title, sub, children }: { title: ComponentChildren; sub?: ComponentChildren; children?: ComponentChildren }) {
  return <header class="head"><div><h1 tabIndex={-1}>{title}</h1>{sub && <p class="sub">{sub}</p>}</div>{children && <div class="tools">{children}</div>}</header>;
}

/* ---- doing something ---- */

/* A button that changes something: shut for a viewer, and while it works. */
export function Do({ act, children, class: kind = '', disabled }: {
  act: () => Promise<unknown> | void; children: ComponentChildren; class?: string; disabled?: boolean;
}) {
  const { admin, say } = useHouse();
  const [busy, set] = useState(false);
  const click = async (): Promise<void> => {
    set(true);
    try {
      await act();
    } catch (error) {
      say((error as Error).message, true);
    }
    set(false);
  };
  return (
    <button type="button" class={kind} disabled={!admin || busy || disabled} title={admin ? undefined : 'A viewer may look and change nothing'} onClick={click}>
      {children}
    </button>
  );
}

export function Copy({ text, what = 'Copy' }: { text: string; what?: string }) {
  const [done, set] = useState('');
  const click = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text);
      set('Copied');
    } catch {
      set('Select it and press Ctrl+C');
    }
    setTimeout(() => set(''), 2500);
  };
  return <button type="button" class="copy" onClick={click} aria-live="polite">{done || what}</button>;
}

/* Asks before something is done that cannot be undone; `typed`: what has to be typed first. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const before = document.activeElement as HTMLElement | null;
    box.current?.showModal();
    return () => before?.focus();
  }, []);
  return (
    <dialog ref={box} aria-label={title} onClose={close} onClick={(event) => { if (event.target === box.current) close(); }}>
      <header><h2 tabIndex={-1} autofocus>{title}</h2><button type="button" class="plain" aria-label="Close" onClick={close}>✕</button></header>
      {children}
    </dialog>
  );
}

export function Confirm({ title, children, verb, typed, act, close, stay }: {
  title: string; children: ComponentChildren; verb: string; typed?: string; act: () => Promise<unknown>; close: () => void; stay?: boolean; // stay: the caller shows what came of it
}) {
  const [text, set] = useState('');
  return (
    <Dialog title={title} close={close}>
      <div class="say">{children}</div>
      {typed && (
        <label class="field">Type <code>{typed}</code> to go on
          <input value={text} autocomplete="off" autofocus onInput={(event) => set(event.currentTarget.value)} />
        </label>
      )}
      <footer>
        <button type="button" onClick={close}>Cancel</button>
        <Do class="danger" disabled={typed !== undefined && text !== typed} act={async () => { await act(); if (!stay) close(); }}>{verb}</Do>
      </footer>
    </Dialog>
  );
}

/* ---- JSON, as text and nothing else ---- */

export function Code({ value, label }: { value: Json | undefined; label: string }) {
  let text = typeof value === 'string' ? value : JSON.stringify(value, null, 2);
  if (typeof value === 'string') {
    try {
      text = JSON.stringify(JSON.parse(value), null, 2);
    } catch {
      /* no JSON: as it is */
    }
  }
  return (
    <div class="code">
      <Copy text={text || ''} />
      <pre tabIndex={0} aria-label={label}>{text || '(nothing)'}</pre>
    </div>
  );
}

export function StoreName({ name }: { name: string }) {
  const { stores } = useHouse();
  return stores.length > 1 && name ? <span class="storename">{name}</span> : null;
}
