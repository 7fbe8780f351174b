// npm's acme-client as a program: DIRECTORY ROOT PORT OUT NAME… Its own checks before the CA's are off, as ours are.
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { Agent } from 'node:https';
import { createRequire } from 'node:module';

const [directoryUrl, rootFile, port, out, ...names] = process.argv.slice(2);
const acme = createRequire(process.env.PEER_ACME_CLIENT)('acme-client');
acme.axios.defaults.httpsAgent = new Agent({ ca: readFileSync(rootFile), keepAlive: true });

const answers = new Map();
const server = createServer((request, reply) => reply.end(answers.get(request.url) ?? ''));
await new Promise((resolve) => server.listen(Number(port), '127.0.0.1', resolve));

const path = (challenge) => `/.well-known/acme-challenge/${challenge.token}`;
const client = new acme.Client({ directoryUrl, accountKey: await acme.crypto.createPrivateEcdsaKey('P-256') });
const [key, csr] = await acme.crypto.createCsr({ altNames: names }, await acme.crypto.createPrivateEcdsaKey('P-256'));
const certificate = await client.auto({
  csr,
  email: 'bench@example.com',
  termsOfServiceAgreed: true,
  skipChallengeVerification: true,
  challengePriority: ['http-01'],
  challengeCreateFn: async (_authorization, challenge, answer) => answers.set(path(challenge), answer),
  challengeRemoveFn: async (_authorization, challenge) => answers.delete(path(challenge)),
});
writeFileSync(out, `${certificate}${key}`);
server.close();
server.closeAllConnections();
