// Places for the services of a graph: callers to the left of whom they call, the same graph always in the same places.

import type { ServiceMap } from '../../ports/services.ts';

export type Place = { readonly service: string; readonly x: number; readonly y: number };
export type Line = { readonly caller: string; readonly callee: string; readonly path: string };
export type Layout = {
  readonly width: number;
  readonly height: number;
  readonly places: readonly Place[];
  readonly lines: readonly Line[];
  /** Services that are not shown, because the graph is too large to be read. */
  readonly left: number;
};

export const box = { width: 156, height: 50 } as const;
const gap = { x: 64, y: 22 } as const;
const margin = 8;
const mostServices = 36;

/** `important` services are shown first when not all can be. */
export function layoutOf(map: ServiceMap, important: ReadonlySet<string>): Layout {
  const shown = choose(map, important);
  const edges = map.edges.filter(({ caller, callee }) => shown.has(caller) && shown.has(callee));
  const layers = layersOf([...shown].toSorted(), edges);
  const tallest = Math.max(1, ...layers.map(({ length }) => length));
  const height = margin * 2 + tallest * (box.height + gap.y) - gap.y;
  const places = layers.flatMap((services, column) => {
    const top = (height - (services.length * (box.height + gap.y) - gap.y)) / 2;
    return services.map((service, row) => ({
      service,
      x: margin + column * (box.width + gap.x),
      y: Math.round(top + row * (box.height + gap.y)),
    }));
  });
  const at = new Map(places.map((place) => [place.service, place]));
  const lines = edges.flatMap(({ caller, callee }) => {
    const [from, to] = [at.get(caller), at.get(callee)];
    return from === undefined || to === undefined ? [] : [{ caller, callee, path: pathOf(from, to) }];
  });
  const width = margin * 2 + layers.length * (box.width + gap.x) - gap.x;
  return { width: Math.max(width, box.width), height, places, lines, left: map.services.length - shown.size };
}

function choose({ services, edges }: ServiceMap, important: ReadonlySet<string>): ReadonlySet<string> {
  if (services.length <= mostServices) return new Set(services);
  const near = edges.flatMap(({ caller, callee }) =>
    important.has(caller) ? [callee] : important.has(callee) ? [caller] : [],
  );
  const wanted = [...services.filter((service) => important.has(service)), ...near.toSorted()];
  return new Set([...new Set(wanted)].slice(0, mostServices));
}

/** A service stands one layer after the last of its callers; what closes a circle does not count. */
function layersOf(services: readonly string[], edges: ServiceMap['edges']): string[][] {
  const callers = new Map<string, string[]>();
  for (const { caller, callee } of edges)
    callers.set(callee, [...(callers.get(callee) ?? []), caller].toSorted());
  const depths = new Map<string, number>();
  const depthOf = (service: string, above: ReadonlySet<string>): number => {
    const known = depths.get(service);
    if (known !== undefined) return known;
    const path = new Set([...above, service]);
    const before = (callers.get(service) ?? []).filter((caller) => !path.has(caller));
    const depth = Math.max(-1, ...before.map((caller) => depthOf(caller, path))) + 1;
    depths.set(service, depth);
    return depth;
  };
  const layers: string[][] = [];
  for (const service of services) {
    const depth = depthOf(service, new Set());
    while (layers.length <= depth) layers.push([]);
    layers[depth]?.push(service);
  }
  return untangled(
    layers.filter(({ length }) => length > 0),
    callers,
  );
}

/** Each service at the height of its callers, so that fewer lines cross. */
function untangled(layers: readonly string[][], callers: ReadonlyMap<string, readonly string[]>): string[][] {
  const rows = new Map<string, number>();
  return layers.map((services) => {
    const weight = (service: string): number => {
      const known = (callers.get(service) ?? []).map((caller) => rows.get(caller) ?? 0);
      return known.length === 0 ? 0 : known.reduce((total, row) => total + row, 0) / known.length;
    };
    const ordered = services.toSorted(
      (left, right) => weight(left) - weight(right) || (left < right ? -1 : 1),
    );
    ordered.forEach((service, row) => void rows.set(service, (row + 0.5) / ordered.length));
    return ordered;
  });
}

function pathOf(from: Place, to: Place): string {
  const [x1, y1] = [from.x + box.width, from.y + box.height / 2];
  const [x2, y2] = [to.x, to.y + box.height / 2];
  const bend = Math.max(24, Math.abs(x2 - x1) / 2);
  return `M${x1} ${y1} C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2 - 7} ${y2}`;
}
