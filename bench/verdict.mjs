// What is said of a row: met, or short by how much. A row is {what, value, better, digits, unit, limit, bar, aim, measured,
// spread, doubt} (bars.mjs); without a value it was not run, without a bar there is nothing to meet, and with a doubt (the
// reference was disturbed) the figure is shown but proves nothing.

export function parse(text) {
  const raw = new Map();
  for (const line of text.split('\n')) {
    const [name, ...value] = line.split(' ');
    if (!name || value.length === 0) continue;
    if (!raw.has(name)) raw.set(name, []);
    raw.get(name).push(value.join(' '));
  }
  return raw;
}

export const wasRun = (row) => Number.isFinite(row.value) && row.value > 0;

// How many times better than `wanted`: 1 is just met.
export function score(row, wanted) {
  return row.better === 'greater' ? row.value / wanted : wanted / row.value;
}

export function verdict(row, wanted) {
  if (!wasRun(row)) return 'not run';
  if (wanted === undefined) return '';
  if (row.doubt) return `not judged: ${row.doubt}`;
  if (score(row, wanted) >= 1) return 'met';
  const short = Math.abs(row.value - wanted) / wanted * 100;
  return `short by ${short < 1 ? 'less than 1' : short.toFixed(0)} %`;
}

const number = (row, value) => (value === undefined ? '' : `${value}${row.unit}`);
const bound = (row, value) => (value === undefined ? '' : `${row.better === 'greater' ? '≥' : '≤'} ${number(row, value)}`);
const figure = (row) => (wasRun(row) ? `${row.value.toFixed(row.digits)}${row.unit}` : 'not run');

export function long(rows) {
  const lines = rows.map((row) => [
    row.what, `**${figure(row)}**`, wasRun(row) ? row.measured : '', wasRun(row) ? row.spread || '' : '', number(row, row.limit),
    bound(row, row.bar) || 'none', bound(row, row.aim) || 'none', verdict(row, row.bar), verdict(row, row.aim),
  ]);
  const head = ['what', 'figure', 'measured', 'rounds', 'limit', 'bar', 'aim', 'bar is', 'aim is'];
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |\n`).join('').replaceAll('|  |', '| |').replaceAll('|  |', '| |');
}

export function short(rows) {
  const said = (row) => {
    if (row.bar === undefined) return 'no bar';
    const aim = row.aim === undefined || row.doubt ? '' : `; aim ${bound(row, row.aim)}: ${verdict(row, row.aim)}`;
    return `bar ${bound(row, row.bar)}: ${verdict(row, row.bar)}${aim}`;
  };
  return rows.map((row) => `${figure(row).padStart(10)}  ${row.what}\n${wasRun(row) ? `${' '.repeat(12)}${said(row)}\n` : ''}`).join('');
}

// The ratios that README quotes, between two marks: rows that are one, have a bar, and were run and judged. The first
// mark names the run, so that tests/bench/judge.test.mjs can hold README to it.
export function quoted(rows) {
  const lines = rows.filter((row) => ['', '×'].includes(row.unit) && row.bar !== undefined && wasRun(row) && !row.doubt)
    .map((row) => `| ${row.what} | ${figure(row)} | ${bound(row, row.bar)} | ${bound(row, row.aim) || '–'} | ${verdict(row, row.bar)} |\n`);
  return `| | measured | bar | aim | bar is |\n|---|---|---|---|---|\n${lines.join('')}`;
}

const MARKS = /<!-- bench ?(\S*) -->\n([^]*?)<!-- \/bench -->/;
export const quotation = (page) => ({ run: MARKS.exec(page)?.[1], text: MARKS.exec(page)?.[2] });
export const quote = (page, run, rows) => page.replace(MARKS, () => `<!-- bench ${run} -->\n${quoted(rows)}<!-- /bench -->`);
