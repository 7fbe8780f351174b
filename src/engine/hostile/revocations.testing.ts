import type { Client } from '../../../sim/town.ts';
import { revoke } from '../revoke.ts';
import type { HostileTable, Setting } from './row.testing.ts';
import { failure, instead, members, refusal } from './tamper.testing.ts';

const setting: Setting = {
  operation: (client: Client) =>
    revoke(client.engine, { name: 'www.example', issuer: client.issuer(), by: 'account', reason: 4 }),
};
const byKey: Setting = {
  operation: (client: Client) =>
    revoke(client.engine, { name: 'www.example', issuer: client.issuer(), by: 'certificate-key' }),
};

export const revocations: HostileTable = {
  area: 'revocation',
  rows: [
    { input: 'alreadyRevoked', server: refusal('revokeCert', 400, 'alreadyRevoked'), expect: 'done', setting },
    {
      input: 'badRevocationReason',
      server: refusal('revokeCert', 400, 'badRevocationReason'),
      expect: 'acme-problem',
      setting,
    },
    {
      input: '200, and it is still valid',
      server: instead('revokeCert', {}),
      expect: 'done',
      reason: 'the CA’s word is all there is',
      setting,
    },
    {
      input: '200 with an HTML page',
      server: instead('revokeCert', { body: '<html>' }),
      expect: 'done',
      reason: 'RFC 8555 §7.6: the status decides',
      setting,
    },
    {
      input: '200 with a problem document',
      server: refusal('revokeCert', 200, 'unauthorized'),
      expect: 'acme-problem',
      setting,
    },
    { input: 'unauthorized', server: refusal('revokeCert', 403, 'unauthorized'), expect: 'acme-problem', setting },
    {
      input: '500 for ever',
      server: instead('revokeCert', { status: 500 }),
      expect: 'acme-problem',
      setting,
      requests: 10,
    },
    {
      input: 'not offered',
      server: members('directory', { revokeCert: undefined }),
      expect: 'unsupported',
      setting,
      requests: 2,
    },
    {
      input: 'a redirect',
      server: instead('revokeCert', { status: 307, headers: { location: 'https://elsewhere.test/' } }),
      expect: 'bad-server',
      setting,
      requests: 4,
    },
    { input: 'no answer, ever', server: failure('revokeCert', 'timeout'), expect: 'timeout', setting, requests: 10 },
    {
      input: 'the answer is lost, and it was revoked',
      server: failure('revokeCert', 'connection-reset', { after: true, times: 1 }),
      expect: 'done',
      setting,
    },
    {
      input: 'by the certificate’s key, alreadyRevoked',
      server: refusal('revokeCert', 400, 'alreadyRevoked'),
      expect: 'done',
      setting: byKey,
    },
    { input: 'by the certificate’s key, honestly', expect: 'done', setting: byKey },
  ],
};
