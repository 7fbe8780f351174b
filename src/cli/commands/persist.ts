/** `everseal persist show`, `check` and `apply`: DNS-PERSIST-01 records, before any order. */
import { parseCommand, urfave } from '../../argv/index.ts';
import { dnsPersistSolver } from '../../challenges/dns-persist-01.ts';
import { EversealError } from '../../core/index.ts';
import { presentStanding } from '../../engine/index.ts';
import { followsCname, propagationChecks } from '../../faces/lego/challenges.ts';
import { exitCodes } from '../failure.ts';
import type { CommandMain, Invocation } from '../invocation.ts';
import { persistByHand } from '../persist-by-hand.ts';
import { intentsOf, lookUp, openPersistDesk, type PersistDesk } from '../persist-desk.ts';
import { persistApplyCommand, persistCheckCommand, persistShowCommand } from '../persist-flags.ts';
import { missingText, persistJson, type PersistRow, persistText } from '../persist-report.ts';
import { providerOf } from '../solvers.ts';

export const persistShowMain: CommandMain = async (invocation, words) => {
  const flags = parseCommand(persistShowCommand, words, invocation.environment, urfave);
  const desk = await openPersistDesk(invocation, flags, 'persist show', 'register');
  const rows = await lookUp(desk, followsCname(invocation.environment));
  const text = flags.values.json ? persistJson(rows, desk.account.url) : persistText(rows, () => true);
  invocation.print(text);
  return exitCodes.ok;
};

export const persistCheckMain: CommandMain = async (invocation, words) => {
  const flags = parseCommand(persistCheckCommand, words, invocation.environment, urfave);
  const desk = await openPersistDesk(invocation, flags, 'persist check', 'stored');
  const rows = await lookUp(desk, followsCname(invocation.environment));
  const text = persistText(rows, isMissing) + missingText(rows);
  invocation.print(flags.values.json ? persistJson(rows, desk.account.url) : text);
  return rows.every(({ state }) => state === 'present') ? exitCodes.ok : exitCodes.failure;
};

export const persistApplyMain: CommandMain = async (invocation, words) => {
  const flags = parseCommand(persistApplyCommand, words, invocation.environment, urfave);
  const code = flags.values['dns-persist.provider'];
  if (!code) throw noProvider();
  (await import('../../providers/index.ts')).findProvider(code);
  const checks = propagationChecks(flags, 'dns-persist');
  const desk = await openPersistDesk(invocation, flags, 'persist apply', 'register');
  const before = await lookUp(desk, followsCname(invocation.environment));
  if (!before.every(({ state }) => state === 'present')) await apply(invocation, desk, code, checks);
  const rows = before.map((row): PersistRow => (row.state === 'present' ? row : { ...row, state: 'created' }));
  invocation.print(flags.values.json ? persistJson(rows, desk.account.url) : persistText(rows));
  return exitCodes.ok;
};

async function apply(
  { environment, workingFolder }: Invocation,
  desk: PersistDesk,
  code: string,
  checks: ReturnType<typeof propagationChecks>,
): Promise<void> {
  const { ports, events, resolver, choices, context } = desk;
  const settings = { ports, environment, workingFolder, events };
  const { timing } = await persistByHand(settings);
  const provider = await providerOf(code, resolver, settings);
  const followCname = followsCname(environment);
  const solver = dnsPersistSolver({
    ...choices,
    ports,
    resolver,
    provider,
    checks,
    followCname,
    events,
    ...(timing === undefined ? {} : { timing }),
  });
  try {
    await presentStanding(context, solver, intentsOf(desk));
  } finally {
    await solver.close();
  }
}

function isMissing({ state }: PersistRow): boolean {
  return state !== 'present';
}

function noProvider(): EversealError {
  return new EversealError('usage', 'persist apply needs a DNS provider', {
    next: 'Name it with --dns CODE, or create what everseal persist show prints by hand.',
  });
}
