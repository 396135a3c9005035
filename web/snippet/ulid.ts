/*
 * Ids that sort by time: 48 bits of milliseconds and 80 random bits, in Crockford's base 32.
 * The gateway reads the time back (base/ulid.h), so the first digit is never above 7.
 */
const DIGITS = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

export const ULID = /[0-7][0-9A-HJKMNP-TV-Z]{25}/;

export function ulid(now: number): string {
  let text = '';
  for (let left = now, i = 0; i < 10; i++, left = Math.floor(left / 32)) text = DIGITS[left % 32] + text;
  crypto.getRandomValues(new Uint8Array(16)).forEach((byte) => (text += DIGITS[byte % 32]));
  return text;
}
