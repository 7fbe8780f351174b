import {
  type ConnectOptions,
  EversealError,
  type ExchangeDnsOptions,
  type Net,
  type ProbeTlsOptions,
  type SocketAddress,
  type TlsProbe,
} from '../src/core/index.ts';
import { DnsStream } from './dns-stream.ts';
import type { Endpoint, Service } from './endpoint.ts';
import { exchange } from './exchange.ts';
import type { SimProcess } from './process.ts';

export function netPort(process: SimProcess): Net {
  const listen = (address: SocketAddress, service: Service) => {
    const where = `${address.host === '' ? '*' : address.host}:${address.port}`;
    return process.effect({
      what: `net.serve ${service.kind} ${where}`,
      work: async () => {
        await process.takeTime(0.02, 0.2);
        return process.world.network.listen(process.machine, address, service, process);
      },
    });
  };
  return {
    serveHttp: ({ address, handler, identity }) =>
      listen(address, { kind: 'http', handler, ...(identity && { identity }) }),
    serveTls: ({ address, select }) => listen(address, { kind: 'tls', select }),
    serveDns: ({ address, handler }) => listen(address, { kind: 'dns', handler }),
    async probeTls(options) {
      options.signal?.throwIfAborted();
      const { title, from } = titled(process, options.address);
      const work = () =>
        exchange({ ...options, from, title, to: options.address, work: async (end) => probe(end, process, options) });
      return process.effect({ what: `net.probeTls ${title} ${options.serverName}`, work });
    },
    async exchangeDns(options) {
      options.signal?.throwIfAborted();
      const { title, from } = titled(process, options.address);
      const work = () =>
        exchange({ ...options, from, title, to: options.address, work: (end) => answerDns(end, options) });
      return process.effect({ what: `net.exchangeDns ${options.transport} ${title}`, work });
    },
    async connect(options) {
      options.signal?.throwIfAborted();
      const { title, from } = titled(process, options.address);
      const work = () =>
        exchange({
          ...options,
          from,
          title,
          to: options.address,
          work: async (end) => openStream(end, process, options),
        });
      return process.effect({ what: `net.connect ${title}`, work });
    },
    resolve: (hostname, family) => process.step(async () => process.world.network.resolve(hostname, family)),
  };
}

function titled(from: SimProcess, address: SocketAddress) {
  return { from, title: `${address.host}:${address.port}` };
}

function probe(endpoint: Endpoint, process: SimProcess, options: ProbeTlsOptions): TlsProbe {
  const { service } = endpoint;
  const serverName = options.serverName.toLowerCase();
  const { tls } = process.world.network;
  if (service.kind === 'http') {
    const identity = service.identity?.(serverName);
    if (identity === undefined) throw refusal(serverName);
    const protocol = options.protocols.includes('http/1.1') ? 'http/1.1' : undefined;
    if (options.protocols.length > 0 && protocol === undefined) throw refusal(serverName);
    return { protocol, certificate: tls.leaf(identity) };
  }
  const chosen = service.kind === 'tls' ? service.select(serverName, options.protocols) : undefined;
  if (chosen === undefined || !options.protocols.includes(chosen.protocol)) throw refusal(serverName);
  return { protocol: chosen.protocol, certificate: tls.leaf(chosen.identity) };
}

function refusal(serverName: string): EversealError {
  return new EversealError('tls', `The handshake for ${serverName} was refused`);
}

async function answerDns(endpoint: Endpoint, options: ExchangeDnsOptions): Promise<Uint8Array> {
  if (endpoint.service.kind !== 'dns') throw new EversealError('connection-refused', 'No DNS server listens there');
  const answer = await endpoint.service.handler(options.message.slice(), options.transport);
  return answer?.slice() ?? new Promise<Uint8Array>(() => undefined);
}

function openStream(endpoint: Endpoint, process: SimProcess, options: ConnectOptions): DnsStream {
  if (endpoint.service.kind !== 'dns' || options.tls !== undefined) {
    throw new EversealError('unsupported', 'The simulated network has byte streams to DNS servers only');
  }
  return new DnsStream(process, endpoint, endpoint.service.handler);
}
