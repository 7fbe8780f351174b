/** nginx for one folder, run as whoever runs the suite: no service, nothing of the system's settings. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { temporaryFolder } from './folder.ts';
import { startServer, waitFor } from './process.ts';

export interface Nginx {
  /** Its document root. */
  readonly webroot: string;
  /** Lines of its access log. */
  log(): string;
  stop(): Promise<void>;
}

export async function startNginx(port: number): Promise<Nginx> {
  const folder = temporaryFolder();
  const webroot = join(folder.path, 'www');
  mkdirSync(webroot);
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(join(folder.path, name));
  const config = join(folder.path, 'nginx.conf');
  writeFileSync(config, configuration(folder.path, webroot, port));
  const server = startServer('nginx', ['-p', folder.path, '-c', config, '-e', 'stderr']);
  const stop = async () => {
    await server.stop();
    folder.remove();
  };
  try {
    await waitFor(server, async () => (await fetch(`http://127.0.0.1:${port}/`)).status);
  } catch (error) {
    await stop();
    throw error;
  }
  return { webroot, log: () => readFileSync(join(folder.path, 'access.log'), 'utf8'), stop };
}

function configuration(folder: string, webroot: string, port: number): string {
  return [
    'daemon off; worker_processes 1; error_log stderr;',
    `pid ${folder}/nginx.pid;`,
    'events { worker_connections 64; }',
    'http {',
    `  access_log ${folder}/access.log;`,
    `  client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy; fastcgi_temp_path ${folder}/fastcgi;`,
    `  uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;`,
    `  server { listen 127.0.0.1:${port}; server_name _; root ${webroot}; default_type text/plain; }`,
    '}',
    '',
  ].join('\n');
}
