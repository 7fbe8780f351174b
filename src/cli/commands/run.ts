/** `everseal run`: get a certificate, or renew the stored one when it is due. */
import { parseCommand, urfave } from '../../argv/index.ts';
import { MemoryAnswers } from '../../core/index.ts';
import { isSuccess, run } from '../../engine/index.ts';
import { runCommand } from '../../faces/lego/flags.ts';
import { LegoLayout } from '../../faces/lego/layout.ts';
import { type RunRequest, readRunRequest, storeFolder } from '../../faces/lego/request.ts';
import { legoStores } from '../../faces/lego/stores.ts';
import { askTerms } from '../ask-terms.ts';
import { exitCodes } from '../failure.ts';
import type { CommandMain } from '../invocation.ts';
import { openProgress } from '../progress.ts';
import { runPreflight } from '../run-preflight.ts';
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
    ...askTerms(ports, signal),
  });
  for (const warning of request.warnings) progress.warn(warning);
  const { client, force, patient, randomWaitMs } = request;
  const { events } = progress;
  const context = { ports, stores, signal, events, client, force, patient, randomWaitMs };
  const settings = { ports, environment, workingFolder, answers: new MemoryAnswers(), events };
  const { challenges } = request;
  const solvers = await solversOf(challenges, settings);
  const look = request.preflight ? { preflight: runPreflight({ ...settings, challenges, solvers }) } : {};
  const report = await run({ ...context, ...look }, [{ ...request.spec, solvers }]);
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
