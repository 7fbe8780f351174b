/** A web server on a simulated machine that notes its requests. */
import type { World } from '../../sim/index.ts';
import type { Ports } from '../core/index.ts';

export interface NotedRequest {
  /** Method and path with query. */
  readonly line: string;
  readonly headers: Headers;
  readonly body: string;
}

export type Answer = (request: Request, body: string, ports: Ports) => Response | Promise<Response>;

export class WebServer {
  readonly requests: NotedRequest[] = [];
  /** Before each answer. */
  delayMs = 0;
  readonly #answer: Answer;

  constructor(answer: Answer) {
    this.#answer = answer;
  }

  start(world: World, name: string): void {
    const machine = world.machine({ name });
    const main = async (ports: Ports): Promise<void> => {
      await ports.net.serveHttp({
        address: { host: '', port: 80 },
        handler: (request) => this.#handle(request, ports),
      });
      await new Promise(() => undefined);
    };
    world.boot({ machine, name, main });
  }

  async #handle(request: Request, ports: Ports): Promise<Response> {
    const { pathname, search } = new URL(request.url);
    const body = await request.text();
    this.requests.push({ line: `${request.method} ${pathname}${search}`, headers: request.headers, body });
    if (this.delayMs > 0) await ports.clock.sleep(this.delayMs);
    return this.#answer(request, body, ports);
  }
}
