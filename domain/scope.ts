// What an observation, an anomaly or an action is about: the unit of correlation.

export type Scope = {
  readonly environment: string;
  readonly service: string;
  /** A part of the service, such as a route or a queue. */
  readonly component?: string;
  /** One running instance (`service.instance.id`), a host, a volume. */
  readonly resourceId?: string;
};

export type Severity = 'info' | 'warning' | 'critical';

/** Stable text form of a scope, for keys and logs: `environment/service[/component][#resource]`. */
export function scopeKey(scope: Scope): string {
  const component = scope.component === undefined ? '' : `/${scope.component}`;
  const resource = scope.resourceId === undefined ? '' : `#${scope.resourceId}`;
  return `${scope.environment}/${scope.service}${component}${resource}`;
}
