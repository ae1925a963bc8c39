// One series as a picture: its values, and from when to when a detector found something in it.

export type Found = { readonly onsetMs: number; readonly detectedMs: number; readonly clearedMs?: number };
export type Picture = {
  readonly title: string;
  readonly unit: string;
  readonly points: readonly (readonly [atMs: number, value: number])[];
  readonly found: readonly Found[];
  /** When the fault was there. */
  readonly fault: readonly [fromMs: number, toMs: number];
  readonly timeUnit: 's' | 'min' | 'h' | 'd';
};

const [width, height] = [760, 240];
const box = { left: 56, right: 748, top: 34, bottom: 196 } as const;
const unitMs = { s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;
/** More points than pixels show nothing more. */
const mostPoints = 700;

export function svgOf(picture: Picture): string {
  const { title, unit, timeUnit, found, fault } = picture;
  const points = thinned(picture.points);
  const times = points.map(([atMs]) => atMs);
  const values = points.map(([, value]) => value);
  const [fromMs, toMs] = [Math.min(...times), Math.max(...times)];
  const top = Math.max(...values) * 1.05 || 1;
  const low = Math.min(0, ...values);
  const x = (atMs: number) =>
    fixed(
      box.left +
        ((box.right - box.left) * (Math.min(Math.max(atMs, fromMs), toMs) - fromMs)) / (toMs - fromMs),
    );
  const y = (value: number) => fixed(box.bottom - ((box.bottom - box.top) * (value - low)) / (top - low));
  const line = points.map(([atMs, value]) => `${x(atMs)},${y(value)}`).join(' ');
  const span = (from: number, to: number, at: number, tall: number, colour: string) =>
    `<rect x="${x(from)}" y="${at}" width="${fixed(Math.max(2, Number(x(to)) - Number(x(from))))}" height="${tall}" fill="${colour}"/>`;
  const ticks = roundTicks((toMs - fromMs) / unitMs[timeUnit]).map(
    (tick) =>
      `<text x="${x(fromMs + tick * unitMs[timeUnit])}" y="216" text-anchor="middle">${tick} ${timeUnit}</text>`,
  );
  return `${[
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="11" fill="#445">`,
    `<title>${title}</title><rect width="${width}" height="${height}" fill="#fff"/>`,
    `<text x="${box.left}" y="18" font-size="13" fill="#112">${title}</text>`,
    span(fault[0], fault[1], box.top, box.bottom - box.top, '#f6e3b4'),
    ...found.map(({ onsetMs, clearedMs = toMs }) => span(onsetMs, clearedMs, box.bottom + 2, 5, '#c0392b')),
    `<path d="M${box.left} ${box.top}V${box.bottom}H${box.right}" fill="none" stroke="#99a"/>`,
    `<polyline points="${line}" fill="none" stroke="#2b5d8a" stroke-width="1.2"/>`,
    ...found.map(
      ({ detectedMs }) =>
        `<path d="M${x(detectedMs)} ${box.top}V${box.bottom}" stroke="#c0392b" stroke-dasharray="4 3"/>`,
    ),
    `<text x="${box.left - 4}" y="${box.top + 4}" text-anchor="end">${short(top)}</text>`,
    `<text x="${box.left - 4}" y="${box.bottom}" text-anchor="end">${short(low)}</text>`,
    `<text x="${box.right}" y="18" text-anchor="end">${unit}</text>`,
    ...ticks,
    `<text x="${box.left}" y="232">shaded: the fault · dashed: found · red bar: from its onset until it is over</text>`,
    '</svg>',
  ].join('\n')}\n`;
}

/** The highest and the lowest of each stretch, so that no peak is lost. */
function thinned(points: Picture['points']): Picture['points'] {
  if (points.length <= mostPoints) return points;
  const size = Math.ceil((2 * points.length) / mostPoints);
  const parts = Array.from({ length: Math.ceil(points.length / size) }, (_, part) =>
    points.slice(part * size, (part + 1) * size).toSorted((a, b) => a[1] - b[1]),
  );
  return parts.flatMap((part) => {
    const ends = [part[0], part.at(-1)].filter((point) => point !== undefined);
    return ends.toSorted((a, b) => a[0] - b[0]);
  });
}

/** From zero, a handful of round ones; none so near the end that its text would be cut off. */
function roundTicks(length: number): number[] {
  const step = [1, 2, 5, 10, 20, 50, 100, 200].find((size) => length / size <= 6) ?? length;
  return Array.from({ length: Math.floor((length * 0.97) / step) + 1 }, (_, index) => index * step);
}

const fixed = (value: number): string => value.toFixed(1);
const short = (value: number): string => String(Number(value.toPrecision(3)));

/** Stated confidence against how often it was right. */
export function reliabilityOf(
  title: string,
  curves: readonly {
    readonly name: string;
    readonly colour: string;
    readonly points: readonly (readonly number[])[];
  }[],
): string {
  const at = (share: number) => fixed(60 + 260 * share);
  const up = (share: number) => fixed(310 - 260 * share);
  return `${[
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 520 350" font-family="sans-serif" font-size="11" fill="#445">',
    `<title>${title}</title><rect width="520" height="350" fill="#fff"/><text x="60" y="22" font-size="13" fill="#112">${title}</text>`,
    `<path d="M60 50V310H320" fill="none" stroke="#99a"/><path d="M60 310L320 50" stroke="#bbc" stroke-dasharray="4 3"/>`,
    ...[0, 0.5, 1].flatMap((share) => [
      `<text x="${at(share)}" y="326" text-anchor="middle">${share}</text>`,
      `<text x="52" y="${up(share)}" text-anchor="end">${share}</text>`,
    ]),
    '<text x="190" y="343" text-anchor="middle">confidence</text><text x="60" y="42">share that was true</text>',
    ...curves.flatMap(({ name, colour, points }, index) => [
      `<polyline points="${points.map(([stated = 0, found = 0]) => `${at(stated)},${up(found)}`).join(' ')}" fill="none" stroke="${colour}" stroke-width="1.5"/>`,
      ...points.map(
        ([stated = 0, found = 0, alarms = 0]) =>
          `<circle cx="${at(stated)}" cy="${up(found)}" r="${fixed(1.5 + Math.sqrt(alarms) / 3)}" fill="${colour}" fill-opacity="0.6"/>`,
      ),
      `<text x="340" y="${80 + 20 * index}" fill="${colour}">${name}</text>`,
    ]),
    '<text x="340" y="170">size: how many alarms</text></svg>',
  ].join('\n')}\n`;
}
