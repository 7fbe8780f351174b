/** Records written by a program of the user's. */
import { EversealError, hasCode, printable } from '../core/index.ts';
import type { DnsProvider, PropagationTiming, ProviderContext, ProviderSettings, TxtRecord } from '../dns/index.ts';
import { type ProgramCall, UserProgram } from './exec-program.ts';
import { parseTiming, type SaidTiming } from './exec-timing.ts';
import { RecordCalls, type Verb } from './record-calls.ts';

type CallForm = (verb: Verb, record: TxtRecord) => ProgramCall;

/** More processes at once would help nobody. */
const mostAtOnce = 64;

/** Nothing is run yet. */
export function openExec(context: ProviderContext): DnsProvider {
  const { settings, ports, workingFolder, environment } = context;
  const parallel = settings.flag('EXEC_PARALLEL', false);
  const program = new UserProgram({
    ports,
    path: settings.text('EXEC_PATH') ?? '',
    workingFolder,
    environment,
    timeoutMs: settings.milliseconds('EXEC_CALL_TIMEOUT', 600),
    atOnce: parallel ? mostAtOnce : 1,
  });
  const form = callForm(context);
  const calls = new RecordCalls({
    call: (verb, record, signal) => program.call(form(verb, record), signal),
    isOfOneRecord: (error) => hasCode(error, 'program-failed'),
    clock: ports.clock,
    atOnce: parallel ? mostAtOnce : 1,
    pauseMs: settings.milliseconds('EXEC_SEQUENCE_INTERVAL', 0),
  });
  return {
    code: 'exec',
    zones: 'not-needed',
    values: 'many',
    timing: timingOf(settings, {}),
    ...(settings.flag('EXEC_TIMEOUT_COMMAND', false) && { askTiming: timingQuestion(program, context) }),
    locks: () => (parallel ? [] : [{ key: `exec:${program.file}`, hold: 'write' }]),
    add: (records, signal) => calls.present(records, signal),
    remove: (items, signal) => {
      const records = items.map(({ record }) => record);
      return calls.cleanup(records, signal);
    },
  };
}

function callForm({ settings, events }: ProviderContext): CallForm {
  const mode = settings.text('EXEC_MODE') ?? '';
  if (mode === 'RAW') return rawCall;
  if (mode !== '') {
    const message = `exec: EXEC_MODE=${printable(mode)} is not RAW: the program gets name and value`;
    events({ type: 'warning', message });
  }
  const separator = settings.flag('EXEC_SEPARATOR', false) ? ['--'] : [];
  return (verb, { name, value }) => ({ args: [verb, ...separator, name, value], title: `${verb} ${name}` });
}

function rawCall(verb: Verb, { name, challenge }: TxtRecord): ProgramCall {
  if (challenge === undefined)
    throw new EversealError('usage', `exec: EXEC_MODE=RAW needs a challenge, and ${name} is to hold a plain value`, {
      next: 'Unset EXEC_MODE for this, or use another DNS provider.',
    });
  const { domain, token, keyAuthorization } = challenge;
  return { args: [verb, '--', domain, token, keyAuthorization], title: `${verb} ${domain}` };
}

/** Variables of the user's win over what the program says. */
function timingOf(settings: ProviderSettings, said: SaidTiming): PropagationTiming {
  return {
    timeoutMs: settings.milliseconds('EXEC_PROPAGATION_TIMEOUT', said.timeout ?? 60),
    intervalMs: settings.milliseconds('EXEC_POLLING_INTERVAL', said.interval ?? 2),
  };
}

function timingQuestion(
  program: UserProgram,
  { settings, ports }: ProviderContext,
): NonNullable<DnsProvider['askTiming']> {
  return async (signal) => {
    const output = await program.ask(['timeout'], signal);
    if (output === undefined) return timingOf(settings, {});
    const said = parseTiming(output);
    if (said === undefined) ports.log.debug(`exec: timeout does not print what is expected: ${printable(output, 200)}`);
    return timingOf(settings, said ?? {});
  };
}
