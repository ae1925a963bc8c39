// Alerts as they come, each to its group: what fires all the time apart, the rest by service, service graph, a crowd that shares
// something, and, for alerts that name no service, time. Nothing is taken back, and nothing looks ahead.

import type { Common } from '../../alerts/common.ts';
import { type Mark, marksOf, sharedText } from '../marks.ts';
import type { ServiceGraph } from '../service-graph.ts';
import { Background } from './background.ts';
import { groupingConfig } from './config.ts';
import { type Bearer, Crowds } from './crowds.ts';
import { Group } from './group.ts';
import { Latest } from './latest.ts';

export type GroupedAlert = {
  readonly atMs: number;
  readonly name: string;
  /** Null: it is about a machine, or about nobody in particular. */
  readonly service: string | null;
  readonly environment: string;
  readonly common: Common;
};

export type Placed = {
  readonly group: string;
  /** It fires all the time: its group is no incident, only a place for it. */
  readonly background: boolean;
  /** For people, in one line. */
  readonly why: string;
};

export class Grouping {
  private readonly background = new Background();
  private readonly crowds = new Crowds();
  private readonly byService = new Latest<Group>(groupingConfig.most.services);
  /** Of alerts that name no service, the latest of each place. */
  private readonly byPlace = new Latest<Group>(groupingConfig.most.services);
  private readonly graph: ServiceGraph | null;
  private opened = 0;

  constructor(graph: ServiceGraph | null = null) {
    this.graph = graph;
  }

  /** In the order of their times; one that comes late counts as coming now. */
  place(alert: GroupedAlert): Placed {
    const { name, service, environment, atMs } = alert;
    const hours = this.background.observe(JSON.stringify([environment, service, name]), atMs);
    if (hours !== null) return ofBackground(alert, hours);
    const marks = this.marksOf(alert);
    const found = this.found(alert, marks);
    const group = found?.group ?? this.open(atMs);
    const why = found?.why ?? 'nothing it belongs to is open';
    if (found !== null) group.add(atMs);
    this.remember(alert, marks, group);
    return { group: group.name, background: false, why };
  }

  private found(alert: GroupedAlert, marks: readonly Mark[]): { group: Group; why: string } | null {
    const { service } = alert;
    const own = service === null ? this.atPlace(alert) : this.ofService(alert, service);
    return own ?? this.ofCrowd(alert, marks);
  }

  private ofService({ environment, atMs }: GroupedAlert, service: string) {
    const own = this.openOf(this.byService, [environment, service], atMs);
    if (own !== null) return { group: own, why: `${service} has it already` };
    for (const near of this.graph?.around(service) ?? []) {
      const group = this.openOf(this.byService, [environment, near], atMs);
      if (group !== null) return { group, why: `near ${near} in the service graph` };
    }
    return null;
  }

  private ofCrowd(alert: GroupedAlert, marks: readonly Mark[]) {
    for (const mark of marks) {
      const crowd = this.crowds.find(mark, bearerOf(alert, mark));
      if (crowd !== null) return { group: crowd.group, why: sharedText(mark, crowd.others) };
    }
    return null;
  }

  private atPlace(alert: GroupedAlert) {
    const group = this.openOf(this.byPlace, placeOf(alert), alert.atMs);
    if (group === null) return null;
    const seconds = Math.round(group.silenceMs(alert.atMs) / 1_000);
    return { group, why: `${seconds} s after the last of ${group.alerts}` };
  }

  private remember(alert: GroupedAlert, marks: readonly Mark[], group: Group): void {
    const { environment, service } = alert;
    if (service === null) this.byPlace.set(JSON.stringify(placeOf(alert)), group);
    else this.byService.set(JSON.stringify([environment, service]), group);
    for (const mark of marks) this.crowds.note(mark, bearerOf(alert, mark), group);
  }

  private openOf(groups: Latest<Group>, key: readonly string[], atMs: number): Group | null {
    const group = groups.get(JSON.stringify(key));
    return group?.isOpen(atMs) === true ? group : null;
  }

  private open(atMs: number): Group {
    this.opened += 1;
    return new Group(String(this.opened), atMs);
  }

  private marksOf({ environment, service, name, common }: GroupedAlert): readonly Mark[] {
    const part = service === null ? null : (this.graph?.partOf(service) ?? null);
    const marks = marksOf({ environment, service: service ?? '', part, title: name, common });
    // Services crowd; a machine only explains those on it.
    return service === null ? marks.filter(({ kind }) => kind === 'node') : marks;
  }
}

/** A machine of another cluster or region has nothing to do with it. */
const placeOf = ({ environment, common: { region = '', cluster = '' } }: GroupedAlert) => [
  environment,
  region,
  cluster,
];

function bearerOf({ service, atMs }: GroupedAlert, { kind }: Mark): Bearer {
  return { service: service ?? '', isOwn: service === null && kind === 'node', atMs };
}

function ofBackground({ atMs, environment }: GroupedAlert, hours: number): Placed {
  const day = new Date(atMs).toISOString().slice(0, 10);
  const group = environment === '' ? `background ${day}` : `background ${environment} ${day}`;
  return {
    group,
    background: true,
    why: `fired in ${hours} different hours, and now no more often than usual`,
  };
}
