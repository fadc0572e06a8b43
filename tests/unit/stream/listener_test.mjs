// The browser's listener with a fake WebSocket. Run: node listener_test.mjs PATH_OF_LISTENER_JS
import assert from "node:assert/strict";
import { pathToFileURL } from "node:url";

const { listen, Memory } = await import(pathToFileURL(process.argv[2]));

const sockets = [];
globalThis.WebSocket = class {
  constructor(address) {
    this.address = new URL(address);
    this.sent = [];
    sockets.push(this);
  }
  send(text) { this.sent.push(text); }
  close() { this.closed = true; }
  tell(...events) { this.onmessage({ data: JSON.stringify({ events }) }); }
};
const timers = [];
globalThis.setTimeout = (call) => timers.push(call) - 1;
globalThis.clearTimeout = (number) => { timers[number] = () => {}; };
const fire = () => timers.at(-1)();

const event = (second, job) => ({
  type: "job.completed",
  job_id: job,
  event_id: `20260101T0000${String(second).padStart(2, "0")}.000000Z-0000000${job}`,
});
const heard = [];
const states = [];
const listener = listen({
  url: "wss://faces.example/ws",
  replay: 20,
  onEvent: ({ event_id }) => heard.push(event_id),
  onState: (state) => states.push(state),
});

assert.equal(sockets[0].address.search, "?replay=20");
sockets[0].onopen();
assert.deepEqual(sockets[0].sent, ['{"action": "hello"}']);
assert.deepEqual(states, ["connecting"]); // there is no position to resume from yet
sockets[0].tell({ type: "connected", position: event(9, "0").event_id });
sockets[0].tell(event(1, "1"), event(2, "2"));
sockets[0].tell(event(2, "2"), { type: "pong" });
sockets[0].onclose();
sockets[0].tell(event(9, "9")); // a replay repeats the last events of a closed socket
fire();
assert.equal(new URL(sockets[1].address).searchParams.get("after"), event(2, "2").event_id);
sockets[1].onopen();
sockets[1].tell(event(1, "1"), event(2, "2"), event(4, "4"));
sockets[1].tell(event(3, "3")); // late, but new
sockets[1].tell(event(5, "3"), event(3, "3")); // out of date
assert.deepEqual(heard, [[1, "1"], [2, "2"], [4, "4"], [3, "3"], [5, "3"]].map((each) => event(...each).event_id));

fire(); // a long silence
assert.deepEqual(sockets[1].sent, ['{"action": "ping"}']);
fire(); // and no pong
assert.equal(sockets[1].closed, true);
assert.deepEqual(states, ["connecting", "open", "waiting", "connecting", "open", "waiting"]);
fire();
listener.close();
assert.equal(sockets[2].closed, true);
assert.equal(states.at(-1), "closed");

const narrowed = listen({ url: "wss://faces.example/ws", jobId: "7", onEvent: () => {} });
assert.equal(sockets[3].address.search, "?job_id=7");
sockets[3].onclose();
fire();
assert.match(sockets[4].address.search, /^\?job_id=7$/); // it was never open, so no event was missed
narrowed.close();

// A listener that is cut off before its first event resumes from the service's position. Even if its clock is wrong, it
// receives every event of the outage, and no event from before its start counts as new.
for (const minutes of [-5, 0, 5]) {
  const now = Date.now;
  Date.now = () => now() + minutes * 60_000;
  const ids = [];
  const cutOff = listen({ url: "wss://faces.example/ws", onEvent: ({ event_id }) => ids.push(event_id) });
  const position = event(20, "0").event_id;
  let socket = sockets.at(-1);
  assert.equal(socket.address.search, "");
  socket.onopen();
  socket.tell({ type: "connected", position });
  socket.onclose();
  fire();
  socket = sockets.at(-1);
  assert.equal(socket.address.searchParams.get("after"), position);
  socket.onclose();
  fire();
  socket = sockets.at(-1);
  assert.equal(socket.address.searchParams.get("after"), position);
  socket.onopen();
  assert.deepEqual(socket.sent, []);
  socket.tell(event(11, "1"), event(19, "2"), event(21, "3"), event(22, "4"));
  assert.deepEqual(ids, [event(21, "3").event_id, event(22, "4").event_id]);
  cutOff.close();
  Date.now = now;
}

// An interrupted replay is requested again, for the whole outage.
{
  const ids = [];
  const position = event(20, "0").event_id;
  const cutOff = listen({ url: "wss://faces.example/ws", replay: 2, onEvent: ({ event_id }) => ids.push(event_id) });
  sockets.at(-1).onopen();
  sockets.at(-1).tell({ type: "connected", position });
  sockets.at(-1).onclose();
  fire();
  assert.equal(sockets.at(-1).address.search, `?replay=2&after=${position}`);
  sockets.at(-1).onopen();
  sockets.at(-1).tell(event(11, "1"), event(21, "3"));
  sockets.at(-1).onclose();
  fire();
  assert.equal(sockets.at(-1).address.search, `?after=${event(21, "3").event_id}`);
  sockets.at(-1).onopen();
  sockets.at(-1).tell(event(10, "9"), event(11, "1"), event(21, "3"), event(22, "4"));
  assert.deepEqual(ids, [event(11, "1"), event(21, "3"), event(22, "4")].map((each) => each.event_id));
  cutOff.close();
}

// The listener gives up on a service that does not send its position in the stream.
{
  const waiting = [];
  const mute = listen({ url: "wss://faces.example/ws", onEvent: () => {}, onState: (state) => waiting.push(state) });
  sockets.at(-1).onopen();
  fire();
  assert.equal(sockets.at(-1).closed, true);
  assert.deepEqual(waiting, ["connecting", "waiting"]);
  mute.close();
}

// If keys are required, each connection uses a new ticket, and a failed request for a ticket is retried.
const settled = () => new Promise((resolve) => setImmediate(resolve));
const tickets = ["one", null, "two"];
const getTicket = async () => tickets.shift() ?? Promise.reject(new Error("offline"));
const guarded = listen({ url: "wss://faces.example/ws", onEvent: () => {}, getTicket });
guarded.retry(); // a ticket has already been requested
await settled();
const before = sockets.length;
assert.equal(sockets.at(-1).address.search, "?ticket=one");
sockets.at(-1).onclose();
fire();
await settled();
assert.equal(sockets.length, before);
fire();
await settled();
assert.equal(sockets.at(-1).address.search, "?ticket=two");
guarded.close();

const memory = new Memory();
for (let number = 0; number < 5000; number++) {
  const id = new Date(number * 1000).toISOString().replace(/[-:]/g, "").slice(0, 19);
  assert.ok(memory.isNews({ job_id: String(number), event_id: `${id}000Z-00000000` }));
}
assert.ok(!memory.isNews({ job_id: "4990", event_id: "19700101T012310.000000Z-00000000" }));
console.log("ok");
