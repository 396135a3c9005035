/*
 * Asking the gateway. docs/api.yaml is the contract; the types here name what the pages read of it.
 *
 * Every answer is JSON. A 401 means that nobody is logged in any more: `lost` tells the shell, which
 * shows the login in front of the same address, so that the page is there again afterwards. Whatever
 * changes something carries the session's CSRF secret.
 */
import { useEffect, useRef, useState } from 'preact/hooks';

export interface Money { currency: string; timezone: string }
export interface Store extends Money { name: string; mode: string }
export interface Tile {
  store: string; destination: string; title?: string; state: 'live' | 'backing_off' | 'paused' | 'disabled'; mode: string; reason: string; since: number | null;
  orders: { total: number; delivered: number; waiting: number; refused: number; skipped: number };
  events_delivered: number; backlog: number; behind_ms: number | null; letters: { waiting: number; dead: number };
  last_delivered_at: number | null; text: string;
}
export interface Overview {
  now: number; version: string; stores: Store[]; events_per_minute: number[];
  today: {
    since: number; orders: number; value: string | null; currency: string; held: number; excluded: number; dropped: number;
    without_browser: number; share_lost: number | null;
  };
  destinations: Tile[]; alerts: { rule: string; since: number; text: string; advice?: string; store?: string; destination?: string }[];
}
export interface Outcome { destination: string; name: string; state: string; reason: string; subject?: string; at?: number; seq?: number; requests?: Batch[] }
export interface OrderLine {
  key: number; id: string; order_id: string; number: string; name: string; store: string; state: string; reason: string;
  value: string | null; currency: string; first_at: number; created_at: number | null; halves: { server: boolean; browser: boolean };
  matched: string; outcomes: Outcome[];
}
export interface Batch { sent_at: number; answered: boolean; status: number; events: number; attempts: number; verdict: string; code: string; answer: string }
export interface Row { seq: number; id: string; name: string; source: string; at: number; received_at: number; event: Json }
export interface Letter {
  id: number; store: string; destination: string; seq: number; event_id: string; name: string; state: string; reason: string; code: string;
  words: string; attempts: number; next_try: number; created_at: number; updated_at: number;
}
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export interface Session { role: 'admin' | 'viewer'; csrf?: string }

export class Refusal extends Error {
  constructor(readonly status: number, readonly code: string, detail: string, readonly wait = 0) {
    super(detail);
  }
}

let csrf = '';
let lost: () => void = () => undefined;
export const remember = (session: Session | null): void => { csrf = session?.csrf || ''; };
export const whenLost = (call: () => void): void => { lost = call; };

async function ask<T>(method: string, path: string, body?: BodyInit, signal?: AbortSignal): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(`/api${path}`, {
      method, signal, credentials: 'same-origin',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf },
      body,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refusal(0, 'unreachable', 'The gateway does not answer. It may be restarting, or the connection is gone.');
  }
  const said = await answer.json().catch(() => ({})) as { error?: string; detail?: string };
  if (answer.ok) return said as T;
  if (answer.status === 401 && !/^\/(session|login|setup$)/.test(path)) lost();
  throw new Refusal(answer.status, said.error || '', said.detail || `The gateway answered ${answer.status}.`, Number(answer.headers.get('Retry-After')) || 0);
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => ask<T>('GET', path, undefined, signal);
export const post = <T>(path: string, body: unknown = {}): Promise<T> => ask<T>('POST', path, JSON.stringify(body));
export const upload = <T>(path: string, json: string): Promise<T> => ask<T>('POST', path, json);

/* "?a=1&b=2" of what is given. */
export function query(words: Record<string, string | number | undefined | null>): string {
  const given = Object.entries(words).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return given.length ? `?${given.map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`).join('&')}` : '';
}

export interface Asked<T> { data?: T; trouble?: Error; again: () => void }

/* What is at a path, asked again every so many ms while the tab is seen. An older answer stays on the page until
   the next one is there; a path that changes starts anew. */
export function useAsk<T>(path: string | null, every = 0): Asked<T> {
  const [held, hold] = useState<{ path: string | null; data?: T; trouble?: Error }>({ path: null });
  const [turn, next] = useState(0);
  const timer = useRef(0);
  useEffect(() => {
    if (path === null) return undefined;
    const end = new AbortController();
    const plan = (): void => { if (every) timer.current = window.setTimeout(go, every); };
    const go = (): void => {
      if (document.hidden) return plan();
      get<T>(path, end.signal).then((data) => hold({ path, data }), (trouble: Error) => {
        if (!end.signal.aborted) hold((old) => ({ path, data: old.path === path ? old.data : undefined, trouble }));
      }).finally(() => { if (!end.signal.aborted) plan(); });
    };
    go();
    return () => { end.abort(); clearTimeout(timer.current); };
  }, [path, every, turn]);
  const current: { data?: T; trouble?: Error } = held.path === path ? held : {};
  return { data: current.data, trouble: current.trouble, again: () => next((n) => n + 1) };
}
