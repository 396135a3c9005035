/*
 * Numbers and times as the visitor writes them (the browser's locale), money in the store's currency,
 * clock times in the store's time zone. A zone or currency that the browser does not know is shown
 * plainly instead of throwing.
 */
const numbers = new Intl.NumberFormat();
const shares = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 1 });
const made = new Map<string, Intl.DateTimeFormat | Intl.NumberFormat>();

function once<T extends Intl.DateTimeFormat | Intl.NumberFormat>(key: string, make: () => T, plain: () => T): T {
  if (!made.has(key)) {
    try {
      made.set(key, make());
    } catch {
      made.set(key, plain());
    }
  }
  return made.get(key) as T;
}

export const count = (n: number | null | undefined): string => (n === null || n === undefined ? '–' : numbers.format(n));
export const share = (n: number | null | undefined): string => (n === null || n === undefined ? '–' : shares.format(n));
export const many = (n: number, one: string, more = `${one}s`): string => `${count(n)} ${n === 1 ? one : more}`;

/* "59.90" and "EUR". The number is only formatted, never calculated with. */
export function money(value: string | number | null | undefined, currency?: string): string {
  if (value === null || value === undefined || value === '') return '–';
  if (!currency) return String(value);
  const format = once(`m ${currency}`, () => new Intl.NumberFormat(undefined, { style: 'currency', currency }), () => new Intl.NumberFormat());
  return format.format(Number(value));
}

function times(zone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  return once(`${zone} ${JSON.stringify(options)}`, () => new Intl.DateTimeFormat(undefined, { ...options, timeZone: zone || undefined }),
    () => new Intl.DateTimeFormat(undefined, options));
}

const TIME: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit' };
const DAY: Intl.DateTimeFormatOptions = { day: 'numeric', month: 'short', year: 'numeric' };
export const clock = (at: number, zone: string): string => times(zone, TIME).format(at);
export const day = (at: number, zone: string): string => times(zone, DAY).format(at);
export const moment = (at: number | null | undefined, zone: string): string =>
  (at ? times(zone, { day: 'numeric', month: 'short', ...TIME }).format(at) : '–');
/* "2026-11-24", a day of the store, is no moment. */
export const dayOf = (text: string): string => times('UTC', { day: 'numeric', month: 'short', weekday: 'short' }).format(Date.parse(`${text}T12:00:00Z`));
/* The day of a moment in a zone, as the API writes it. */
export function isoDay(at: number, zone: string): string {
  const parts = Object.fromEntries(times(zone, { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(at).map(({ type, value }) => [type, value]));
  return `${parts.year}-${parts.month}-${parts.day}`;
}

/* The moment at which a day begins in a zone. */
export function midnight(text: string, zone: string): number {
  const wanted = Date.parse(`${text}T00:00:00Z`);
  let at = wanted;
  for (let turn = 0; turn < 2; turn++) {
    const part = Object.fromEntries(once(`z ${zone}`, () => new Intl.DateTimeFormat('en-GB', { timeZone: zone || undefined, ...PARTS }), () => new Intl.DateTimeFormat('en-GB', PARTS))
      .formatToParts(at).map(({ type, value }) => [type, value])) as Record<string, string>;
    at -= Date.parse(`${part.year}-${part.month}-${part.day}T${part.hour}:${part.minute}:${part.second}Z`) - wanted;
  }
  return at;
}
const PARTS: Intl.DateTimeFormatOptions = { year: 'numeric', month: '2-digit', day: '2-digit', hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' };

const STEPS: [number, string, string][] = [[86400000, 'day', 'days'], [3600000, 'h', 'h'], [60000, 'min', 'min'], [1000, 's', 's']];
export function span(ms: number): string {
  for (const [size, one, more] of STEPS) {
    const n = Math.floor(ms / size);
    if (n >= 1) return `${n} ${n === 1 ? one : more}`;
  }
  return `${Math.max(0, Math.round(ms))} ms`;
}
export const ago = (at: number | null | undefined, now: number): string =>
  (!at ? 'never' : now - at < 5000 ? 'just now' : `${span(now - at)} ago`);
