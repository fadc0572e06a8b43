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

// Sorts after every event id.
const AFTER_ALL = "9999";

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

/** Each job's latest event, and the position in the stream. Times are the service's: this machine's clock may be wrong. */
export class Memory {
  #ofJob = new Map();
  #room = 1_000;
  #start = AFTER_ALL;
  heardAny = false;
  /** Where the next connection resumes; null until the service has said where the stream stands. */
  position = null;

  /** Takes the service's word for where the stream stood when this listener connected for the first time. */
  begin(position) {
    if (position < this.#start) this.#start = position;
    this.position ??= position;
  }

  /**
   * Whether this event was not seen before; from now on it was. A connection that resumes also receives events from
   * before the start; they are not news. Of a job, an event that is not newer than the last one is known or overtaken.
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

  /** Drop what a replay no longer reaches. */
  #forget() {
    const oldest = idAt(timeOf(this.position) - OVERLAP_MS);
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
 * @param {string} [options.jobId] receive events of this job only
 * @param {() => Promise<string | null>} [options.getTicket] called before each connection, where the service asks for keys
 * @param {number} [options.longestWaitMs] between two attempts to connect, where no crowd comes back at once
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
    // A first connection is open when the service has said where the stream stands: from then on nothing is missed.
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
