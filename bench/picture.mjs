// The table as a picture, SVG by hand. Each row is a bar from its bar (the line at 1) to how many times better or worse
// it is, on a scale of doublings; a diamond marks its aim. So "right of the line" is met, whatever the unit. Rows without
// a bar, or not judged, are told in words at the end of the line; those that were not run are counted below.
import { score, verdict, wasRun } from './verdict.mjs';

const WIDTH = 1160, LEFT = 560, RIGHT = 960, LINE = 24, TOP = 76, DOUBLINGS = 5; // 1/32 … 32
const escape = (text) => text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
const middle = (LEFT + RIGHT) / 2, unit = (RIGHT - LEFT) / 2 / DOUBLINGS;
const across = (times) => middle + unit * Math.max(-DOUBLINGS, Math.min(DOUBLINGS, Math.log2(times)));
const text = (x, y, words, more = '') => `<text x="${x.toFixed(0)}" y="${y}" ${more}>${escape(words)}</text>\n`;

export function toneOf(row) {
  if (!wasRun(row) || row.bar === undefined || row.doubt) return 'none';
  if (score(row, row.bar) < 1) return 'short';
  return row.aim !== undefined && score(row, row.aim) < 1 ? 'bar' : 'met';
}
const COLOURS = { short: '#c2410c', bar: '#2563eb', met: '#15803d', none: '#6b7280' };

function line(row, y) {
  const said = wasRun(row) ? `${row.value.toFixed(row.digits)}${row.unit}` : 'not run';
  let out = text(LEFT - 12, y + 4, row.what.length > 92 ? `${row.what.slice(0, 90)}…` : row.what, 'text-anchor="end"');
  const tone = toneOf(row);
  if (tone !== 'none') {
    const to = across(score(row, row.bar));
    out += `<rect x="${Math.min(middle, to).toFixed(1)}" y="${y - 7}" width="${Math.max(1.5, Math.abs(to - middle)).toFixed(1)}" height="14" fill="${COLOURS[tone]}"/>\n`;
    if (row.aim !== undefined) {
      const aim = across(row.better === 'greater' ? row.aim / row.bar : row.bar / row.aim);
      out += `<path d="M${aim.toFixed(1)} ${y - 8}l5 8l-5 8l-5 -8z" fill="none" stroke="#111827"/>\n`;
    }
  }
  const words = row.bar === undefined || !wasRun(row) ? '' : ` · bar ${row.bar}${row.unit}: ${verdict(row, row.bar).split(':')[0]}`;
  return out + text(RIGHT + 12, y + 4, said + words, `fill="${COLOURS[tone]}"`);
}

export function picture(all, title, words) {
  const rows = all.filter(wasRun), missing = all.length - rows.length;
  const legend = `Times better than the bar: left short of it, right met (blue), its aim too (green); ◇ the aim.${missing ? ` ${missing} rows were not run.` : ''}`;
  const height = TOP + rows.length * LINE + 24;
  const grid = [];
  for (let n = -DOUBLINGS; n <= DOUBLINGS; n++) {
    grid.push(`<path d="M${across(2 ** n)} ${TOP - 18}V${height - 16}" stroke="${n ? '#e5e7eb' : '#111827'}"/>\n`);
    grid.push(text(across(2 ** n), TOP - 22, n < 0 ? `1/${2 ** -n}` : `${2 ** n}`, 'text-anchor="middle" fill="#6b7280"'));
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11" role="img" aria-label="${escape(title)}">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
${text(12, 22, title, 'font-size="15" font-weight="bold"')}${text(12, 38, words, 'fill="#374151"')}${grid.join('')}${rows.map((row, at) => line(row, TOP + at * LINE)).join('')}${text(12, height - 6, legend, 'fill="#6b7280"')}</svg>
`;
}
