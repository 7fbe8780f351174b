/** The one part of undici that most requests need: its index loads five times as much (fetch, WebSocket, caches). */
declare module 'undici/lib/dispatcher/agent.js' {
  import { Agent } from 'undici';
  export default Agent;
}
