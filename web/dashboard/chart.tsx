/*
 * uPlot in the page's own colours, read from the stylesheet's variables, drawn anew when the theme or
 * the width changes. A chart never stands alone: the table beside it has the same numbers.
 */
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import { count } from './format';

export interface Series { name: string; colour: string; values: (number | null)[] } // colour: name of a CSS variable

const read = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/* Bars that stand on each other: the last series is drawn first, at the height of all. */
function stacked(series: Series[]): (number | null)[][] {
  const sums: number[] = [];
  return series.map(({ values }) => values.map((value, n) => {
    sums[n] = (sums[n] || 0) + (value || 0);
    return sums[n] ?? null;
  }));
}

function everyFrom(high: number, low: number, step: number): number[] {
  const list: number[] = [];
  for (let at = high; at >= low; at -= step) list.unshift(at);
  return list;
}

function options(series: Series[], labels: string[], kind: 'bars' | 'line', width: number, height: number): uPlot.Options {
  const ink = read('--muted'), line = read('--line'), font = '12px system-ui, sans-serif';
  const bars = uPlot.paths.bars?.({ size: [0.7, 48], radius: 0.08 });
  const drawn = kind === 'bars' ? [...series].reverse() : series;
  return {
    width, height, legend: { show: false }, cursor: { show: false }, padding: [8, kind === 'bars' ? 4 : 16, 0, 0],
    scales: { x: { time: false, range: (_, low, high) => (kind === 'bars' ? [low - 0.6, high + 0.6] : [low, high]) }, y: { range: (_, __, high) => [0, Math.max(high || 0, 4) * 1.08] } },
    axes: [
      {
        stroke: ink, font, grid: { show: false }, ticks: { show: false }, size: 24,
        incrs: [1, 2, 5, 7, 10, 14, 15, 20, 30, 60], space: kind === 'bars' ? 64 : 80,
        values: (_, ticks) => ticks.map((tick) => labels[tick] ?? ''),
        splits: kind === 'bars' ? undefined : (_, __, low, high) => everyFrom(high, low, width < 500 ? 20 : 10), /* counted from now */
      },
      {
        stroke: ink, font, grid: { stroke: line, width: 1 }, ticks: { show: false }, size: 44, space: 36,
        values: (_, ticks) => ticks.map((tick) => (Number.isInteger(tick) ? count(tick) : '')),
      },
    ],
    series: [{}, ...drawn.map(({ name, colour }) => ({
      label: name, stroke: read(colour), fill: kind === 'bars' ? read(colour) : read('--wash'), width: kind === 'bars' ? 0 : 1.6,
      paths: kind === 'bars' ? bars : undefined, points: { show: false },
    }))],
  };
}

export function Chart({ series, labels, kind, height = 200, label }: {
  series: Series[]; labels: string[]; kind: 'bars' | 'line'; height?: number; label: string;
}) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = box.current;
    if (!element) return undefined;
    let plot: uPlot | undefined;
    const draw = (): void => {
      plot?.destroy();
      const values = kind === 'bars' ? stacked(series).reverse() : series.map((one) => one.values);
      plot = new uPlot(options(series, labels, kind, Math.max(120, element.clientWidth), height), [labels.map((_, n) => n), ...values] as uPlot.AlignedData, element);
    };
    draw();
    let width = element.clientWidth;
    const sized = new ResizeObserver(() => {
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      draw();
    });
    sized.observe(element);
    const themed = new MutationObserver(draw);
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] });
    const system = matchMedia('(prefers-color-scheme: dark)');
    system.addEventListener('change', draw);
    return () => {
      sized.disconnect();
      themed.disconnect();
      system.removeEventListener('change', draw);
      plot?.destroy();
    };
  }, [JSON.stringify(series), labels.join(), kind, height]);
  return <div class="chart" ref={box} role="img" aria-label={label} style={{ height: `${height}px` }} />;
}

export function Key({ series }: { series: { name: string; colour: string }[] }) {
  return <ul class="key">{series.map(({ name, colour }) => <li key={name}><i style={{ background: `var(${colour})` }} />{name}</li>)}</ul>;
}
