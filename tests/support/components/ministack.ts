/** ministack, which speaks ECS: only the executable; every test file runs a server of its own (tests/support/ministack.ts). */
import type { Component } from './component.ts';
import { obtainPythonTool } from './python-tool.ts';

const tool = {
  id: 'ministack-1.5.33',
  requirements: ['ministack==1.5.33', 'docker==7.2.0'],
  program: 'ministack',
} as const;

export interface MinistackInfo {
  readonly executable: string;
}

export const ministack: Component = {
  name: 'ministack',
  async obtain(report) {
    await obtainPythonTool(tool, report);
  },
  async start() {
    const info: MinistackInfo = { executable: await obtainPythonTool(tool, console.error) };
    return { info, stop: async () => {} };
  },
};
