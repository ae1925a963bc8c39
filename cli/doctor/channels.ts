// The ways to people: whether each can be reached, and what it lacks.

import { chatsOf } from '../../app/notifications/chats.ts';
import { missingSecret, notifierParts, secretOf } from '../../app/notifications/notifiers.ts';
import type { Config } from '../../config/load.ts';
import { notifierVariable } from '../../config/sections/notifiers.ts';
import { type Check, missing } from '../../domain/doctor.ts';

/** One for each notifier, and for each chat that has a section, or a secret without one. */
export function channels(config: Config): readonly Check[] {
  const chats = chatsOf(config).filter(
    ({ settings, secrets }) =>
      settings !== undefined || Object.values(secrets).some((secret) => secret !== null),
  );
  return [
    ...config.notifiers.map((notifier) => async () => {
      const lacking = missingSecret(notifier, config);
      if (lacking === null)
        return (await notifierParts(notifier)).doctor(notifier, secretOf(notifier, config));
      const advice = `Set ${notifierVariable(notifier.name)}; until then Sentinel does not start.`;
      return missing(`Notifier ${notifier.name}`, `lacks ${lacking}`, advice);
    }),
    ...chats.map(
      ({ name, settings, secrets, load }) =>
        async () =>
          (await load()).doctor(settings, secrets, hasPeople(config, name)),
    ),
  ];
}

/** Whether `people` names somebody with an account in this chat. */
function hasPeople({ people }: Config, chat: string): boolean {
  return Object.values(people).some((person) => {
    const accounts = (person as Readonly<Record<string, unknown>>)[chat];
    return Array.isArray(accounts) && accounts.length > 0;
  });
}
