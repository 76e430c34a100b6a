/* The line of whoever sits here: who may call and be called, in which window, and in what call it is.

   1. one window has the line: it holds a lock that all windows of this browser see
   2. a token lets it be called, and is renewed before it expires
   3. what is true is looked at again and again, so that nothing that was missed stays so
   4. what the desk orders is done: calls are connected, answered, come back to */

import { Teller, Trouble } from "./phone.js";
import { REMARKS, isNetwork, microphoneBack, microphoneLost, sentence } from "./words.js";

const LOOK_AGAIN = 5000;
/* A clock that jumped so far stood still meanwhile. Hidden pages are let look once a minute. */
const SLEPT = 150_000;
const SOUND_WITHIN = 5000;
const RINGS_WITHIN = 10_000;
const SAID_FOR = 30_000; // the same trouble is not said again
const TRIES_LATER = [1000, 2000, 4000, 8000, 15_000];
const MUTED = "softphone.muted"; // in this browser: who was, kept for when they come back to the call
const AT_ONCE = ["answer-now", "connect-now", "rejoin"];

const csrf = () => JSON.parse(document.body.getAttribute("hx-headers"))["X-CSRFToken"];
const post = (address, told) => fetch(address, {
  method: "POST",
  headers: { "X-CSRFToken": csrf(), "Content-Type": "application/json", Accept: "application/json" },
  body: JSON.stringify(told ?? {}),
  signal: AbortSignal.timeout(10_000),
});
/* Whether it came to be so in time. */
const until = async (isSo, within) => {
  for (let waited = 0; waited <= within; waited += 100) {
    if (isSo()) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
};

export class Line extends Teller {
  call = null; // {leg, is: connecting | talking | broken, keptOpen: between calls, muted, heard}
  remarks = new Map();
  #phone;
  #settings;
  #seated = false;
  #leave = () => {};
  #gaveUp = false;
  #asleep = false;
  #wasReady = false;
  #permission = "granted";
  #busy = false;
  #expires = 0;
  #tries = 0;
  #tryAfter = 0;
  #looked = Date.now();
  #late = 0;
  #orders = [];
  #rings = new Set();
  #tried = new Map();
  #saidAt = new Map();

  constructor(phone, settings) {
    super();
    this.#phone = phone;
    this.#settings = settings;
    phone.on("ready", () => this.#ready())
      .on("gone", () => this.#changed())
      .on("expiring", () => this.#renew())
      .on("permission", () => this.look())
      .on("devices", (news) => this.#devices(news))
      .on("rung", ({ leg }) => { this.#rings.add(leg); this.#obey(); })
      .on("cancelled", ({ leg }) => { this.#rings.delete(leg); })
      .on("broken", () => this.#broken())
      .on("mended", () => this.#mended())
      .on("over", ({ trouble }) => this.#over(trouble))
      .on("sound", () => this.#sounds())
      .on("warning", ({ name, on }) => this.#warned(name, on))
      .on("trouble", (trouble) => this.#trouble(trouble));
  }

  /* What the server is told with every heartbeat. */
  get is() {
    if (!this.#seated) return this.#gaveUp || this.remarks.has("seat") ? "elsewhere" : "starting";
    if (this.#asleep) return "asleep";
    if (this.#permission !== "granted") return "no_microphone";
    if (!this.#phone.registered || !navigator.onLine) return this.#wasReady || this.remarks.has("token") ? "offline" : "starting";
    return this.#phone.devices().microphone.length ? "ready" : "no_device";
  }
  get mayAsk() { return this.#seated && this.#permission === "prompt"; }
  get leg() { return this.call?.leg ?? null; }

  /* 1. One window. ----------------------------------------------------------------------------- */

  sit() {
    const name = `softphone ${this.#settings.identity}`;
    if (!navigator.locks) this.#hold(); // a page without encryption has neither locks nor microphone
    navigator.locks?.request(name, { ifAvailable: true }, (lock) => {
      if (lock) return this.#hold();
      this.remark("seat", REMARKS.waiting);
      navigator.locks.request(name, () => this.#hold());
      return null;
    });
    setInterval(() => this.#tick(), LOOK_AGAIN);
  }

  #hold() {
    if (this.#gaveUp) return null;
    this.remarks.delete("seat");
    this.#seated = true;
    this.look();
    return new Promise((leave) => { this.#leave = leave; });
  }

  /* A newer window has the desk, or nobody is signed in. A call is talked to its end first. */
  giveUp(why) {
    this.#gaveUp = why;
    this.remark("seat", this.call ? REMARKS.moves : REMARKS[why]);
    if (!this.call) this.#stop();
  }

  #stop() {
    this.remark("seat", REMARKS[this.#gaveUp]);
    this.#phone.stop();
    this.#seated = false;
    this.#leave();
    this.#changed();
  }

  /* 2. The token. ------------------------------------------------------------------------------ */

  async #renew(anew = false) {
    if (this.#busy || !this.#seated) return;
    this.#busy = true;
    try {
      const token = await this.#token();
      this.#expires = Date.now() + token.ttl * 1000;
      this.#tries = 0;
      this.unremark("token");
      if (anew && !this.call && !this.#phone.registered) this.#phone.stop(); // it may have come back meanwhile
      await (this.#phone.started ? this.#phone.renew(token) : this.#phone.start(token));
    } catch (error) {
      this.#tryAfter = Date.now() + Math.min(60_000, 2000 * 2 ** this.#tries++);
      this.#trouble(Trouble.of(error));
    } finally {
      this.#busy = false;
    }
    this.#changed();
  }

  async #token() {
    const answer = await post(this.#settings.token).catch(() => null);
    if (answer?.ok && !answer.redirected) return answer.json();
    const problem = answer?.headers.get("content-type")?.includes("json") ? await answer.json() : null;
    const signedOut = answer?.redirected || answer?.status === 403;
    const text = problem?.detail ?? (signedOut ? REMARKS.signed_out : REMARKS.offline);
    this.remark("token", text, true);
    throw new Trouble(0, "");
  }

  /* 3. What is true. --------------------------------------------------------------------------- */

  async look() {
    this.#permission = await this.#phone.permission();
    this.#changed();
    if (!this.#seated) return;
    const must = !this.#phone.started || Date.now() > this.#expires;
    if (must && Date.now() > this.#tryAfter) await this.#renew();
  }

  #tick() {
    const slept = Date.now() - this.#looked - LOOK_AGAIN;
    this.#looked = Date.now();
    /* A carrier that is away is tried ever more rarely; a caller who waits for this page is not let wait so. */
    const isAwaited = !this.call && !this.#phone.registered && this.#orders.some(({ act }) => act === "rejoin");
    this.#late = isAwaited ? this.#late + 1 : 0;
    if (slept > SLEPT) this.wake();
    else if (this.#late && this.#late % 2 === 0) this.#renew(true);
    else this.look();
  }

  sleep() { this.#asleep = true; this.#changed(); }

  /* After a sleep nothing that was true can be relied on: it is begun anew, but for a call. */
  async wake() {
    if (!this.#seated) return;
    this.sleep();
    if (!this.call) this.#phone.stop();
    await this.#renew();
    if (this.call) this.#awake();
  }

  #awake() { this.#asleep = false; this.#changed(); }

  #ready() {
    this.#wasReady = true;
    this.#saidAt.clear();
    for (const key of ["network", "token"]) this.remarks.delete(key);
    this.#awake();
    this.#obey();
  }

  #devices({ lost, now }) {
    if (this.call && lost) this.remark("device", microphoneLost(lost, now), !now);
    else if (this.call && now && this.remarks.get("device")?.serious) this.remark("device", microphoneBack(now));
    this.#changed();
  }

  async allow() {
    await this.#phone.ask();
    await this.look();
  }

  /* 4. Calls. ---------------------------------------------------------------------------------- */

  /* What the desk shows now: [{act, leg, keptOpen}]. */
  orders(orders) {
    this.#orders = orders;
    for (const leg of this.#tried.keys()) if (!orders.some((each) => each.leg === leg)) this.#tried.delete(leg);
    this.#obey();
  }

  #obey() {
    for (const { act, leg } of this.#orders) {
      /* The carrier has given this line up already: it is begun anew. */
      if (act === "rejoin" && this.call && (this.leg !== leg || this.call.is === "broken")) this.#phone.hangUp();
      const isThere = act.startsWith("answer") ? this.#rings.has(leg) : this.#phone.registered;
      if (!isThere || this.#tried.has(leg)) continue;
      if (AT_ONCE.includes(act)) this.take(act, leg);
      else if (this.#settings.autoAnswer) this.take(act, leg, true);
    }
  }

  /* Into the call, by a press, by order of the desk or, with a tone, by oneself. */
  async take(act, leg, byItself = false) {
    /* A test that is still being connected cannot be ended before it is. */
    const isTest = () => this.call?.leg === "test";
    if (isTest()) await until(() => { this.hangUp(); return !isTest(); }, 2000);
    if (this.call || !this.#seated) return;
    const tried = this.#tried.get(leg) ?? { times: 0 };
    this.#tried.set(leg, { times: tried.times + 1 });
    this.#begins(leg, act);
    try {
      if (byItself) await this.#settings.tone();
      if (!this.#phone.started) throw new Trouble(31005, "");
      const answers = act.startsWith("answer");
      if (answers && !await until(() => this.#rings.has(leg), RINGS_WITHIN)) throw new Trouble(0, "The call did not ring in this browser.");
      this.#rings.delete(leg);
      await (answers ? this.#phone.answer(leg) : this.#phone.connect({ leg }));
      this.#talks();
    } catch (error) {
      this.#fails(act, leg, Trouble.of(error));
    }
  }

  async test() {
    if (this.call) return;
    this.#begins("test");
    try {
      if (!this.#phone.started) throw new Trouble(31005, "");
      await this.#phone.connect({ test: "1" });
      this.#talks();
      this.remark("call", REMARKS.testing);
    } catch (error) {
      this.#ended(Trouble.of(error));
    }
  }

  #begins(leg, act = "") {
    const keptOpen = this.#orders.some((each) => each.leg === leg && each.keptOpen);
    this.call = { leg, is: "connecting", keptOpen, heard: false };
    this.mute(act === "rejoin" && localStorage.getItem(MUTED) === this.#settings.identity);
    for (const key of ["call", "sound", "device", "quiet"]) this.remarks.delete(key);
    this.#changed();
  }

  #talks() {
    if (!this.call) return; // it is over already
    this.call.is = "talking";
    const { call } = this;
    setTimeout(() => { if (this.call === call && !call.heard) this.remark("sound", REMARKS.silence, true); }, SOUND_WITHIN);
    this.tell("talks");
    this.#changed();
  }

  #fails(act, leg, trouble) {
    this.#ended(trouble);
    if (AT_ONCE.includes(act)) {
      const delay = TRIES_LATER[Math.min(this.#tried.get(leg)?.times ?? 1, TRIES_LATER.length) - 1];
      const isStillWanted = () => this.#orders.some((each) => each.leg === leg && each.act === act);
      setTimeout(() => { if (isStillWanted()) this.take(act, leg); }, delay);
    } else {
      /* The caller must not wait for a browser that cannot. */
      post(this.#settings.trouble, { leg, code: trouble.code, text: trouble.message }).catch(() => this.remark("network", REMARKS.offline));
    }
  }

  #ended(trouble) {
    this.call = null;
    this.remarks.delete("sound");
    if (trouble) this.remark("call", sentence(trouble), true);
    if (this.#gaveUp) this.#stop();
    this.#changed();
  }

  #over(trouble) {
    const was = this.call;
    for (const key of ["call", "quiet", "device", "network"]) this.remarks.delete(key);
    this.#tried.delete(was?.leg);
    this.#ended(trouble);
    if (was) this.tell("over", { lost: was.is === "broken" || Boolean(trouble), test: was.leg === "test" });
    this.#obey();
  }

  hangUp() { this.#phone.hangUp(); }

  mute(on) {
    if (!this.call) return;
    this.call.muted = on;
    localStorage.setItem(MUTED, on ? this.#settings.identity : "");
    this.#phone.mute(on);
    this.#changed();
  }

  digits(text) { if (this.call?.is === "talking") this.tell("digits", text); }

  #broken() {
    if (!this.call) return;
    this.call.is = "broken";
    this.remark("network", REMARKS.lost, true);
    this.#obey();
  }

  #mended() {
    if (!this.call) return;
    this.call.is = "talking";
    this.unremark("network");
  }

  #sounds() {
    if (!this.call) return;
    this.call.heard = true;
    this.unremark("sound");
  }

  #warned(name, on) {
    if (name !== "constant-audio-input-level" || !this.call || (on && this.call.muted)) return;
    if (on) this.remark("quiet", REMARKS.unheard);
    else this.unremark("quiet");
  }

  /* What is said. ------------------------------------------------------------------------------ */

  remark(key, text, serious = false) {
    this.remarks.set(key, { text, serious });
    this.#changed();
  }
  unremark(key) { if (this.remarks.delete(key)) this.#changed(); }

  /* The same trouble again and again is one trouble. */
  #trouble(trouble) {
    if (trouble.code >= 20100 && trouble.code < 20200) this.#expires = 0;
    if (trouble.code && Date.now() - (this.#saidAt.get(trouble.code) ?? 0) > SAID_FOR) {
      this.#saidAt.set(trouble.code, Date.now());
      const key = isNetwork(trouble.code) ? "network" : trouble.code >= 20100 && trouble.code < 20200 ? "token" : "call";
      this.remark(key, sentence(trouble), key === "call");
    }
    if (!this.#expires) this.look();
    this.#changed();
  }

  #changed() {
    const said = this.#stateSaid();
    if (said) this.remarks.set("line", { text: said, serious: this.is !== "asleep" });
    else this.remarks.delete("line");
    this.tell("change");
  }

  #stateSaid() {
    if (this.is === "no_microphone") return { prompt: REMARKS.ask, denied: REMARKS.denied }[this.#permission] ?? REMARKS.impossible;
    if (this.is === "offline") return this.remarks.has("token") || this.remarks.has("network") ? "" : REMARKS.offline;
    return this.call && this.is === "no_device" ? "" : { no_device: REMARKS.no_device, asleep: REMARKS.asleep }[this.is];
  }
}
