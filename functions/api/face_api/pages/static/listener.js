// A listener that does not miss events: it reconnects, requests a replay, and drops duplicates.
//
//   const listener = listen({ url: "wss://.../ws", replay: 20, onEvent: (event) => console.log(event) });
//   listener.close();

// API Gateway closes idle connections (docs/websocket.md).
const PING_MS = 240_000;
const PONG_MS = 15_000;
// Exponential backoff with full jitter, from one second to a minute, so that listeners that were cut off together do
// not all reconnect at once.
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
// Longer than the overlap of a replay (REPLAY_OVERLAP_SECONDS), within which every late event arrives.
const OVERLAP_MS = 300_000;

// Sorts after every event id.
const AFTER_ALL = "9999";

/** The event id of this time; ids sort by UTC time, to the microsecond. */
function idAt(time) {
  const digits = new Date(time).toISOString().replace(/[-:]/g, "").slice(0, 19); // 20260131T235959.123
  return `${digits}000Z-00000000`;
}

/** The time of an event id, in milliseconds. */
function timeOf(id) {
  const [, year, month, day, hour, minute, second] = id.match(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)/);
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Each job's latest event, and the position in the stream. All times are the service's; this clock may be wrong. */
export class Memory {
  #ofJob = new Map();
  #room = 1_000;
  #start = AFTER_ALL;
  heardAny = false;
  /** Where the next connection resumes; null until the service has sent its position in the stream. */
  position = null;

  /** Adopts the position that the service sent to the first connection. */
  begin(position) {
    if (position < this.#start) this.#start = position;
    this.position ??= position;
  }

  /**
   * Whether this event is new; marks it as seen. A connection that resumes also receives events from before the start,
   * which are not new. An event that is not newer than the last one of its job is a duplicate or out of date.
   */
  isNews({ job_id, event_id }, isResumed = false) {
    if (event_id <= (this.#ofJob.get(job_id) ?? "") || (isResumed && event_id < this.#start)) return false;
    this.#ofJob.set(job_id, event_id);
    if (event_id < this.#start) this.#start = event_id;
    if (!this.heardAny || event_id > this.position) this.position = event_id;
    this.heardAny = true;
    if (this.#ofJob.size > this.#room) this.#forget();
    return true;
  }

  /** Drops events that a replay no longer reaches. */
  #forget() {
    const oldest = idAt(timeOf(this.position) - OVERLAP_MS);
    for (const [job, id] of this.#ofJob) if (id < oldest) this.#ofJob.delete(job);
    this.#room = Math.max(1_000, 2 * this.#ofJob.size);
  }
}

/**
 * Calls `onEvent` once for each job event; events of one job arrive in order.
 *
 * @param {object} options
 * @param {string} options.url the stream's address, ws://... or wss://...
 * @param {(event: object) => void} options.onEvent
 * @param {(state: "connecting" | "open" | "waiting" | "closed") => void} [options.onState]
 * @param {number} [options.replay] number of past events to start with
 * @param {string} [options.jobId] receive events of this job only
 * @param {() => Promise<string | null>} [options.getTicket] called before each connection, if the service requires keys
 * @param {number} [options.longestWaitMs] longest wait between two attempts to connect
 * @returns {{ close: () => void, retry: () => void }}
 */
export function listen({
  url, onEvent, onState = () => {}, replay = 0, jobId, getTicket, longestWaitMs = LONGEST_WAIT_MS,
}) {
  const memory = new Memory();
  let socket, timer;
  let failures = 0, closed = false, waitsForTicket = false;

  const wantsReplay = () => replay && !memory.heardAny;

  function address(ticket) {
    const target = new URL(url);
    if (wantsReplay()) target.searchParams.set("replay", replay);
    if (memory.position) target.searchParams.set("after", memory.position);
    if (jobId) target.searchParams.set("job_id", jobId);
    if (ticket) target.searchParams.set("ticket", ticket);
    return target;
  }

  function connectLater() {
    onState("waiting");
    timer = setTimeout(connect, Math.random() * Math.min(longestWaitMs, FIRST_WAIT_MS * 2 ** failures++));
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
    const isFirst = !memory.position, isResumed = !isFirst && !wantsReplay();
    const current = (socket = new WebSocket(address(ticket)));
    let over = false, isOpen = false;
    const end = () => {
      if (over || closed) return;
      over = true;
      clearTimeout(timer);
      current.close();
      connectLater();
    };
    const ask = (action) => {
      current.send(`{"action": "${action}"}`);
      timer = setTimeout(end, PONG_MS);
    };
    const keepAlive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => ask("ping"), PING_MS);
    };
    // The first connection is open once the service has sent its position, after which no event is missed.
    const setOpen = () => {
      if (!isOpen) onState("open");
      isOpen = true;
      failures = 0;
      keepAlive();
    };
    current.onopen = () => (isFirst ? ask("hello") : setOpen());
    current.onmessage = ({ data }) => {
      if (over || closed) return;
      setOpen();
      for (const event of JSON.parse(data).events) {
        if (event.type === "connected") memory.begin(event.position);
        if (event.event_id && memory.isNews(event, isResumed)) onEvent(event);
      }
    };
    current.onclose = end;
  }

  connect();
  return {
    /** Connects now instead of waiting for the next attempt. */
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
