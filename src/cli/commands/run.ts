/** `everseal run`: get a certificate, or renew the stored one when it is due. */
import { parseCommand, urfave } from '../../argv/index.ts';
import { MemoryAnswers, type Ports, printable } from '../../core/index.ts';
import { isSuccess, run } from '../../engine/index.ts';
import { runCommand } from '../../faces/lego/flags.ts';
import { LegoLayout } from '../../faces/lego/layout.ts';
import { type RunRequest, readRunRequest, storeFolder } from '../../faces/lego/request.ts';
import { legoStores } from '../../faces/lego/stores.ts';
import { exitCodes } from '../failure.ts';
import type { CommandMain } from '../invocation.ts';
import { openProgress } from '../progress.ts';
import { solversOf } from '../solvers.ts';
import { type FilesOf, failuresText, summaryJson, summaryText } from '../run-summary.ts';

export const runMain: CommandMain = async (invocation, words) => {
  const flags = parseCommand(runCommand, words, invocation.environment, urfave);
  const { environment, workingFolder, signal, print, printError } = invocation;
  const progress = await openProgress(invocation);
  const ports = await invocation.ports(progress.log);
  const folder = storeFolder(flags, workingFolder);
  const openKeys = flags.values['refuse-open-keys'] ? 'refuse' : 'warn';
  const stores = legoStores(ports, { path: folder, openKeys });
  const request = await readRunRequest({
    flags,
    environment,
    workingFolder,
    ports,
    certificates: stores.certificates,
    ...(ports.terminal.interactive ? { askTerms: (url: string) => askTerms(ports, url, signal) } : {}),
  });
  for (const warning of request.warnings) progress.warn(warning);
  const { client, force, patient, randomWaitMs } = request;
  const context = { ports, stores, signal, events: progress.events, client, force, patient, randomWaitMs };
  const settings = { ports, environment, workingFolder, answers: new MemoryAnswers(), events: progress.events };
  const solvers = await solversOf(request.challenges, settings);
  const report = await run(context, [{ ...request.spec, solvers }]);
  const filesOf = filesIn(folder, request);
  print(flags.values.json ? summaryJson(report, filesOf) : summaryText(report, filesOf, ports.clock.now()));
  printError(failuresText(report));
  return isSuccess(report) ? exitCodes.ok : exitCodes.failure;
};

function filesIn(folder: string, { spec }: RunRequest): FilesOf {
  const layout = new LegoLayout(folder);
  return (name) => {
    const { crt, key } = layout.certificate(name);
    return spec.key.kind === 'csr' ? { certificate: crt } : { certificate: crt, key };
  };
}

async function askTerms({ terminal }: Ports, url: string, signal: AbortSignal): Promise<boolean> {
  terminal.writeError(`The CA asks you to agree to its terms of service:\n  ${printable(url)}\n`);
  const answer = await terminal.ask('Do you agree? [y/N] ', signal);
  return /^y(es)?$/i.test(answer?.trim() ?? '');
}
