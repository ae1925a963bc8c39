import { type Finding, ok, warning } from '../../domain/doctor.ts';
import { createHostExecutor, type HostSettings } from './executor.ts';

/** Whether the folders are there and may be written to, and what a clean-up would do now. */
export async function checkHost(settings: HostSettings): Promise<Finding> {
  const title = `Executor ${settings.name}`;
  if (process.platform !== 'linux')
    return warning(title, 'cleaning folders needs Linux', 'Run Sentinel on Linux, or remove this executor.');
  const executor = createHostExecutor(settings, { nowMs: Date.now });
  const target = { environment: '', service: settings.service, resource: `host/${settings.host}` };
  const preview = await executor.preview({ action: 'clear-sandbox', target, parameters: {} });
  return preview.ok
    ? ok(title, preview.detail)
    : warning(
        title,
        preview.detail,
        'Fix its folders or their rights; until then Sentinel does not clean them.',
      );
}
