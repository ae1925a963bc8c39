// From the service that is ill to the one thing that serves it. What executors report and configuration says decides;
// resource attributes of telemetry can tell candidates apart and speak against one, but never name one that nothing else
// names: they come from whoever may send telemetry for the service. Never a guess: several, or none, is a sentence.

import type { Scope } from '../scope.ts';
import { plainLine } from '../text.ts';
import { type Attributes, type Kind, kinds, parseResource } from './kinds/index.ts';
import { type ObservedState, targetKey, targetText } from './target.ts';

/** What one running instance has said of itself. */
export type KeptResource = {
  readonly environment: string;
  readonly service: string;
  readonly resourceId: string;
  readonly attributes: Attributes;
};

export type Candidate = ObservedState & { readonly executor: string };

export type Resolution<Target> =
  | { readonly ok: true; readonly target: Target }
  /** In words that go on after the name of the service. */
  | { readonly ok: false; readonly reason: string };

/** The one target that serves the scope, or why there is none. */
export function resolve<Target extends Candidate>(
  scope: Pick<Scope, 'environment' | 'service' | 'resourceId'>,
  targets: readonly Target[],
  kept: readonly KeptResource[],
): Resolution<Target> {
  const here = targets.filter(({ target }) => target.environment === scope.environment);
  const named = here.filter(({ target }) => target.service === scope.service);
  const said = saidOf(scope, kept);
  if (named.length === 0) return none(scope, here, said);
  const open = named.filter((one) => !contradicted(one, said));
  if (open.length === 0)
    return refused(`telemetry says that it runs elsewhere than ${listed(named)}: ${words(said)}`);
  const [only] = open;
  if (only !== undefined && open.length === 1) return { ok: true, target: only };
  const confirmed = open.filter(
    (one) => said.length > 0 && said.every((attributes) => confirms(one, attributes)),
  );
  const [meant] = confirmed;
  if (meant !== undefined && confirmed.length === 1) return { ok: true, target: meant };
  return refused(
    `${open.length} targets have this name (${listed(open)}); an inventory rule says which of them serves it, or leave it to one executor`,
  );
}

/** What its instances say; where the trouble is in one of them, and it has said something, that one alone. */
function saidOf(
  { environment, service, resourceId }: Pick<Scope, 'environment' | 'service' | 'resourceId'>,
  kept: readonly KeptResource[],
): readonly Attributes[] {
  const its = kept.filter((one) => one.environment === environment && one.service === service);
  const one = its.filter((instance) => instance.resourceId === resourceId);
  return (one.length > 0 ? one : its).map(({ attributes }) => attributes);
}

/** Everything that was said about things of this kind speaks against this one. */
function contradicted(target: Candidate, said: readonly Attributes[]): boolean {
  const verdicts = said.map((attributes) => compared(target, attributes)).filter((one) => one !== 'silent');
  return verdicts.length > 0 && verdicts.every((one) => one === 'other');
}

function confirms(target: Candidate, attributes: Attributes): boolean {
  const parsed = parseResource(targetKey(target.target));
  if (!parsed.ok) return false;
  const { kind, parts } = parsed.resource;
  const facts = kind.fromTelemetry(attributes);
  return (
    facts.some((fact) => fact !== undefined) &&
    facts.every((fact, index) => fact === undefined || fact === parts[index])
  );
}

function compared(target: Candidate, attributes: Attributes): 'same' | 'other' | 'silent' {
  const parsed = parseResource(targetKey(target.target));
  if (!parsed.ok) return 'silent';
  const { kind, parts } = parsed.resource;
  const known = kind.fromTelemetry(attributes).flatMap((fact, index) => {
    const part = kind.parts[index];
    return fact === undefined || part === undefined || part.isAlias ? [] : fact === parts[index];
  });
  if (known.length === 0) return 'silent';
  return known.every(Boolean) ? 'same' : 'other';
}

function none(
  { service }: Pick<Scope, 'service'>,
  here: readonly Candidate[],
  said: readonly Attributes[],
): { readonly ok: false; readonly reason: string } {
  const like = here.find((one) => said.some((attributes) => confirms(one, attributes)));
  if (like !== undefined) {
    const { resource } = like.target;
    if (resource !== undefined)
      return refused(
        `no executor has this target; telemetry says that it runs as ${resource}, which executor ${like.executor} calls ${line(like.target.service)}: if that is so, an inventory rule says it (match.resource: ${resource}, service: ${line(service)})`,
      );
  }
  return refused(
    `no executor has this target${said.length === 0 ? '' : `; telemetry says that it runs as ${words(said)}`}`,
  );
}

/** The first of what was said, as the parts of a kind. */
function words(said: readonly Attributes[]): string {
  for (const attributes of said) {
    const found = kinds.find((kind) => spoken(kind, attributes) !== '');
    if (found !== undefined) return line(spoken(found, attributes));
  }
  return 'something it has no attributes for';
}

function spoken(kind: Kind, attributes: Attributes): string {
  return kind
    .fromTelemetry(attributes)
    .flatMap((fact, index) => (fact === undefined ? [] : `${kind.id} ${kind.parts[index]?.name} ${fact}`))
    .join(', ');
}

/** A few of them: names come from executors and could be very many. */
function listed(targets: readonly Candidate[]): string {
  const few = targets
    .slice(0, 5)
    .map(({ target, executor }) => `${line(targetText(target))} of executor ${executor}`);
  return [...few, ...(targets.length > few.length ? [`${targets.length - few.length} more`] : [])].join(', ');
}

function line(text: string): string {
  return plainLine(text, 300);
}

function refused(reason: string): { readonly ok: false; readonly reason: string } {
  return { ok: false, reason };
}
