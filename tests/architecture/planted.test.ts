/**
 * What another action and another executor cost: a file and a line; a folder and a line. Both are planted into a copy of the
 * product, which has to type-check as it is, and has to know them.
 */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Copy, copyOfProduct } from './planted.ts';

const actions = 'domain/remediation/actions';
const executorVendor = `
import { z } from 'zod';
import { warning } from '../../domain/doctor.ts';
import type { ExecutorVendor } from '../executor-vendor.ts';
import { createMockExecutor } from '../mock/executor.ts';

const settings = z.strictObject({ region: z.string().describe('Region of the cloud.') });

export const cloud: ExecutorVendor<typeof settings> = {
  typeMeans: 'A cloud.',
  about: 'Acts on a cloud.',
  settings,
  load: async () => ({
    create: ({ name, region }, { nowMs }) =>
      createMockExecutor({ name, services: [{ service: region, replicas: 1 }], nowMs }),
    doctor: async ({ name, region }) => warning(\`Executor \${name}\`, \`\${region} is cloudy\`, null),
  }),
};
`;
let copy: Copy;

beforeAll(() => {
  copy = copyOfProduct();
  const model = copy.read(`${actions}/restart.ts`);
  copy.write(`${actions}/reload.ts`, model.replace('const restart: Action', 'const reload: Action'));
  copy.insert(`${actions}/index.ts`, 'import { restart }', "import { reload } from './reload.ts';\n");
  copy.insert(`${actions}/index.ts`, '  restart,\n', '  reload,\n');
  copy.write('adapters/cloud/index.ts', executorVendor);
  copy.insert('adapters/executors.ts', 'import { lab }', "import { cloud } from './cloud/index.ts';\n");
  copy.insert('adapters/executors.ts', 'lab,', 'cloud, ');
});
afterAll(() => copy.remove());

test('nothing else has to be written for them to type-check, and what does not fit is found', async () => {
  const model = copy.read(`${actions}/reload.ts`);
  copy.write(`${actions}/unfit.ts`, model.replace("inverse: 'nothing-to-undo'", "inverse: 'never'"));
  const errors = (await copy.typeErrors()).split('\n').filter((line) => /^\S/.test(line));
  expect(errors.map((line) => line.replace(/\(.*/, ''))).toEqual([`${actions}/unfit.ts`]);
});

test('runbook, policy and API know the action, and nothing that is not in the index', async () => {
  const known = await copy.evaluate(`
    import { runbookConfigSchema } from './domain/remediation/runbook.ts';
    import { policyConfigSchema } from './domain/policy/config.ts';
    import { actionId } from './api/schemas/plan.ts';
    console.log(JSON.stringify(['reload', 'reboot'].map((action) => [
      runbookConfigSchema.safeParse({ hang: { candidates: [{ action }] } }).success,
      policyConfigSchema.safeParse({ deny: [{ name: 'never', actions: [action] }] }).success,
      actionId.safeParse(action).success,
    ])));
  `);
  expect(known).toEqual([
    [true, true, true],
    [false, false, false],
  ]);
});

test('configuration, runtime and doctor know the executor, and its keys', async () => {
  const known = await copy.evaluate(`
    import { executorsSchema } from './config/sections/executors.ts';
    import { createExecutors, partsOf } from './app/executors.ts';
    const given = { type: 'cloud', name: 'sky', environments: ['production'], region: 'eu' };
    const [config] = executorsSchema.parse([given]);
    const executors = await createExecutors([config], () => 0, { describe: (state) => state, gives: () => false });
    const [executor] = executors.forEnvironment('production');
    const targets = await executor.observe('production');
    const misspelt = executorsSchema.safeParse([{ ...given, regoin: 'eu' }]);
    const { detail } = await (await partsOf(config)).doctor(config);
    console.log(JSON.stringify([executor.name, targets[0].target.service, detail, misspelt.success]));
  `);
  expect(known).toEqual(['sky', 'eu', 'eu is cloudy', false]);
});
