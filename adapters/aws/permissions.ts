// The rights as text to hand to whoever grants them: policies of IAM, or the same for Terraform.

import { policyOf, type Right } from './rights.ts';
import type { AwsSettings } from './settings.ts';

type Identity = Right['identity'];
const identities: readonly Identity[] = ['read', 'write'];

export type Formats<Settings> = Readonly<Record<'iam' | 'terraform', (settings: Settings) => string>>;

export function formatsOf<Settings extends AwsSettings>(
  neededRights: (settings: Settings) => readonly Right[],
): Formats<Settings> {
  const of = (settings: Settings, identity: Identity) =>
    policyOf(neededRights(settings).filter((right) => right.identity === identity));
  return {
    iam: (settings) =>
      `${JSON.stringify(Object.fromEntries(identities.map((one) => [one, of(settings, one)])), null, 2)}\n`,
    terraform: (settings) =>
      identities
        .map((identity) =>
          [
            `# The least that executor ${settings.name} needs ${identity === 'read' ? 'for reading' : 'for effects'}.`,
            `resource "aws_iam_policy" "sentinel_${settings.name.replaceAll('-', '_')}_${identity}" {`,
            `  name   = "sentinel-${settings.name}-${identity}"`,
            '  policy = <<-JSON',
            ...literal(JSON.stringify(of(settings, identity), null, 2)).map((line) => `    ${line}`),
            '  JSON',
            '}',
            '',
          ].join('\n'),
        )
        .join('\n'),
  };
}

/** Terraform reads `${` and `%{` as its own. */
function literal(json: string): readonly string[] {
  return json.replaceAll(/[$%](?=\{)/g, (mark) => mark + mark).split('\n');
}
