import type { CommandSpec, FlagSpec } from '../argv/index.ts';

const caStartFlags = [
  {
    name: 'address',
    type: 'string',
    default: '127.0.0.1:14000',
    group: 'Listening',
    placeholder: 'ADDR',
    doc: 'Where the CA listens; port 0 takes a free one',
  },
  {
    name: 'http-port',
    type: 'int',
    default: 5002,
    group: 'Listening',
    placeholder: 'PORT',
    doc: 'Where it looks for HTTP-01 answers',
    more: 'A public CA looks at port 80.',
  },
  {
    name: 'root-file',
    type: 'string',
    group: 'Files and output',
    placeholder: 'FILE',
    doc: 'Write its root certificate here',
    defaultText: './everseal-ca.pem',
    more: 'The root is made anew at each start.',
  },
  {
    name: 'json',
    type: 'bool',
    group: 'Files and output',
    doc: 'Print one line of JSON when it is ready',
  },
  {
    name: 'eab-kid',
    type: 'string',
    group: 'Accounts',
    placeholder: 'ID',
    doc: 'Take only accounts bound to this key id',
    more: 'Together with --eab-hmac.',
  },
  {
    name: 'eab-hmac',
    type: 'string',
    group: 'Accounts',
    placeholder: 'KEY',
    secret: true,
    doc: 'The HMAC key of that key id, base64url',
  },
] as const satisfies readonly FlagSpec[];

export const caStartCommand = {
  name: 'ca start',
  summary: 'run a certificate authority for development and tests',
  usage: '[FLAGS]',
  flags: caStartFlags,
  examples: [{ doc: 'a CA on a free port', line: 'everseal ca start --address 127.0.0.1:0' }],
} as const satisfies CommandSpec<typeof caStartFlags>;
