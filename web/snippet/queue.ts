/*
 * Bodies on their way. Each lies under a key of its own in localStorage until the gateway has it,
 * so it survives a closed tab, a reload and an hour without network, always with the same ids:
 *
 *   <cookie>.q<collect path>.<id of its first event> = [body, attempts, when it is due (ms), being sent?]
 *
 * Whoever sends one first makes it due a lease later, in the same breath; another tab that looks in
 * sees it is not due and leaves it alone. A lease that ran out (the tab is gone) makes it anybody's.
 * 429 and 503 say when to come back; without that the wait doubles. 400, 403 and 413 end it, since the
 * same body would only be refused again. The gateway drops a copy that arrived twice. Where nothing
 * can be kept (no room, storage forbidden) a body has one try. Two stores under one host keep theirs
 * apart by the path; a withdrawal is for all of them.
 */
import { ulid } from './ulid';

export const MOST_BODIES = 40, LEASE = 30000, WAIT = 2000, LONGEST_WAIT = 300000, OLDEST = 6 * 86400000;
const KEEPALIVE_ROOM = 60000; // browsers give all such requests of a page 64 KiB

type Row = [body: string, attempts: number, due: number, out?: 1];
export type Post = (body: string, keepalive: boolean, attempt: number) => Promise<{ status: number; headers: { get(name: string): string | null } }>;

let all: string, prefix: string, post: Post, flying = 0, timer: ReturnType<typeof setTimeout> | undefined;

/* Keys of all stores begin with `every`, those of this one with `own`. */
export function queueOpen(every: string, own: string, by: Post): void {
  all = every;
  prefix = own;
  post = by;
}

export function kept(key: string): any {
  try {
    return JSON.parse(localStorage.getItem(key)!);
  } catch {
    return null;
  }
}

export function keepThere(key: string, value: unknown): boolean {
  try {
    localStorage.setItem(key, JSON.stringify(value));
    return true;
  } catch {
    return false;
  }
}

export function dropThere(key: string): void {
  try {
    localStorage.removeItem(key);
  } catch { /* nothing is there */ }
}

function keys(begin = prefix): string[] {
  try {
    return Object.keys(localStorage).filter((key) => key.startsWith(begin)).sort();
  } catch {
    return [];
  }
}

/* Puts a body there, under the id of its first event, and sends it. */
export function queuePut(id: string, body: string): void {
  keys().slice(0, 1 - MOST_BODIES).forEach(dropThere);
  send(prefix + id, [body, 0, 0]);
}

/* Sends what is due; `impatient` also what waits, as the network is back. */
export function queuePump(impatient?: boolean): void {
  const now = Date.now();
  let next = Infinity;
  for (const key of keys()) {
    const row: Row | null = kept(key);
    if (!row?.[0] || key < prefix + ulid(now - OLDEST)) dropThere(key);
    // Nothing is due so late: the clock was set back.
    else if (row[2] <= now || row[2] > now + LONGEST_WAIT || (impatient && !row[3])) send(key, row);
    else next = Math.min(next, row[2]);
  }
  clearTimeout(timer);
  if (next < Infinity) timer = setTimeout(() => queuePump(), next - now);
}

export function queueClear(): void {
  keys(all).forEach(dropThere);
}

/* The gateway corrects a wrong clock by the time of sending, which is not that of keeping. */
export function stamped(body: string): string {
  return body.replace('{', `{"sent_at":${Date.now()},`);
}

function send(key: string, [text, attempts]: Row): void {
  const body = stamped(text), safe = keepThere(key, [text, attempts, Date.now() + LEASE, 1]);
  flying += body.length;
  post(body, flying < KEEPALIVE_ROOM, attempts)
    .then(({ status, headers }) => {
      if (status < 300 || status === 400 || status === 403 || status === 413) {
        if (safe) dropThere(key);
      } else return +headers.get('Retry-After')! * 1000 || 0;
    }, () => 0)
    .then((wait) => {
      flying -= body.length;
      // What is gone was cleared meanwhile, and stays so.
      if (wait !== undefined && safe && kept(key))
        keepThere(key, [text, attempts + 1, Date.now() + Math.min(LONGEST_WAIT, wait || WAIT * 2 ** attempts)]);
      queuePump();
    });
}
