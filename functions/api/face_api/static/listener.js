// A listener that misses nothing: it reconnects by itself, asks for what came meanwhile, and drops what it has seen.
//
//   const listener = listen({ url: "wss://.../ws", replay: 20, onEvent: (event) => console.log(event) });
//   listener.close();

// API Gateway closes a connection over which nothing came for 10 minutes.
const PING_MS = 240_000;
const PONG_MS = 15_000;
// Before the first try again at most a second, then twice as long each time up to a minute, each wait drawn by chance,
// so that a crowd that was cut off at once does not come back at once.
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
// The server starts a replay 90 s before the event it is asked for, and no event is later than that.
const OVERLAP_MS = 300_000;

/** An event id of this time; ids sort by time, to the microsecond in UTC. */
function idAt(time) {
  const digits = new Date(time).toISOString().replace(/[-:]/g, "").slice(0, 19); // 20260131T235959.123
  return `${digits}000Z-00000000`;
}

/** The time of an event id, in milliseconds. */
function timeOf(id) {
  const [, year, month, day, hour, minute, second] = id.match(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** What has been seen: each job's latest event. Whatever is not newer is known or overtaken. */
export class Memory {
  #ofJob = new Map();
  #room = 1_000;
  heardAny = false;

  constructor(now = Date.now()) {
    this.newest = idAt(now);
  }

  /** Whether this event was not seen before; from now on it was. */
  isNews({ job_id, event_id }) {
    if (event_id <= (this.#ofJob.get(job_id) ?? "")) return false;
    this.#ofJob.set(job_id, event_id);
    if (!this.heardAny || event_id > this.newest) this.newest = event_id;
    this.heardAny = true;
    if (this.#ofJob.size > this.#room) this.#forget();
    return true;
  }

  /** Drop what a replay no longer reaches. */
  #forget() {
    const oldest = idAt(timeOf(this.newest) - OVERLAP_MS);
    for (const [job, id] of this.#ofJob) if (id < oldest) this.#ofJob.delete(job);
    this.#room = Math.max(1_000, 2 * this.#ofJob.size);
  }
}

/**
 * Calls `onEvent` with each job event once, for one job never with an older one after a newer one.
 *
 * @param {object} options
 * @param {string} options.url the stream's address, ws://... or wss://...
 * @param {(event: object) => void} options.onEvent
 * @param {(state: "connecting" | "open" | "waiting" | "closed") => void} [options.onState]
 * @param {number} [options.replay] begin with this many of the latest events
 * @param {string} [options.jobId] hear of this job alone
 * @param {() => Promise<string | null>} [options.getTicket] called before each connection, where the service asks for keys
 * @returns {{ close: () => void, retry: () => void }}
 */
export function listen({ url, onEvent, onState = () => {}, replay = 0, jobId, getTicket }) {
  const memory = new Memory();
  let socket, timer;
  let failures = 0, first = true, closed = false, waitsForTicket = false;

  function address(ticket) {
    const target = new URL(url);
    if (replay && !memory.heardAny) target.searchParams.set("replay", replay);
    else if (!first) target.searchParams.set("after", memory.newest);
    if (jobId) target.searchParams.set("job_id", jobId);
    if (ticket) target.searchParams.set("ticket", ticket);
    return target;
  }

  function connectLater() {
    onState("waiting");
    timer = setTimeout(connect, Math.random() * Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++));
  }

  async function connect() {
    onState("connecting");
    if (!getTicket) {
      open();
      return;
    }
    waitsForTicket = true;
    try {
      const ticket = await getTicket();
      if (!closed) open(ticket);
    } catch {
      if (!closed) connectLater();
    } finally {
      waitsForTicket = false;
    }
  }

  function open(ticket) {
    const current = (socket = new WebSocket(address(ticket)));
    let over = false;
    const end = () => {
      if (over || closed) return;
      over = true;
      clearTimeout(timer);
      current.close();
      connectLater();
    };
    const keepAlive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        current.send('{"action": "ping"}');
        timer = setTimeout(end, PONG_MS);
      }, PING_MS);
    };
    current.onopen = () => {
      failures = 0;
      first = false;
      onState("open");
      keepAlive();
    };
    current.onmessage = ({ data }) => {
      if (over || closed) return;
      keepAlive();
      for (const event of JSON.parse(data).events) if (event.event_id && memory.isNews(event)) onEvent(event);
    };
    current.onclose = end;
  }

  connect();
  return {
    /** Connect now instead of waiting for the next attempt. */
    retry() {
      if (closed || waitsForTicket || socket?.readyState < WebSocket.CLOSING) return;
      clearTimeout(timer);
      connect();
    },
    close() {
      closed = true;
      clearTimeout(timer);
      socket?.close();
      onState("closed");
    },
  };
}
