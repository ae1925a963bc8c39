// Rights as IAM knows them: what is printed for whoever grants them, what a session for one effect may do, and what `doctor`
// compares with what there is.

export type Right = {
  readonly identity: 'read' | 'write';
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  /** Tags that the thing must have, or the cluster that it must be in. */
  readonly condition?: Condition;
};

export type Condition = Readonly<Record<string, Readonly<Record<string, string>>>>;

export type Statement = {
  readonly Effect: 'Allow';
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: Condition;
};

export type Policy = { readonly Version: '2012-10-17'; readonly Statement: readonly Statement[] };

export function policyOf(rights: readonly Pick<Right, 'actions' | 'resources' | 'condition'>[]): Policy {
  return {
    Version: '2012-10-17',
    Statement: rights.map(({ actions, resources, condition }) => ({
      Effect: 'Allow',
      Action: actions,
      Resource: resources,
      ...(condition === undefined ? {} : { Condition: condition }),
    })),
  };
}

/** `aws:ResourceTag/…` of every tag; undefined where there are none. */
export function tagCondition(tags: Readonly<Record<string, string>>): Condition | undefined {
  const entries = Object.entries(tags).map(([key, value]) => [`aws:ResourceTag/${key}`, value] as const);
  return entries.length === 0 ? undefined : { StringEquals: Object.fromEntries(entries) };
}
