/* The telephone in the page: Twilio's SDK, which is the same for the carrier and for the sandbox. */

import { Teller, Trouble } from "./phone.js";

const SOUNDS = {
  incoming: "ring", outgoing: "accept", disconnect: "end", dtmfs: "key-star", dtmfh: "key-hash",
  ...Object.fromEntries([..."0123456789"].map((digit) => [`dtmf${digit}`, `key-${digit}`])),
};
const NO_MICROPHONE = 31402;
const GAVE_NO_ANSWER = 31000;
const PATIENCE = 15_000; // until a connection that neither comes nor fails is given up
const SIGNALLING_LOST = 10_000; // for so long a call waits for its signalling to come back
const RENEW_BEFORE = 120_000; // the clocks of a hidden page are up to a minute late

export class TwilioPhone extends Teller {
  level = { mine: 0, theirs: 0 };
  #settings;
  #device = null;
  #call = null;
  #muted = false;
  #rung = new Map();
  #chosen = { microphone: "", speaker: "" };
  #using = ""; // the microphone's name
  #listens = false;

  constructor({ chunder, edge }) {
    super();
    this.#settings = {
      codecPreferences: ["pcmu", "opus"],
      sounds: Object.fromEntries(Object.entries(SOUNDS).map(([name, file]) => [name, String(new URL(`../../audio/desk/${file}.wav`, import.meta.url))])),
      maxCallSignalingTimeoutMs: SIGNALLING_LOST,
      logLevel: "silent",
      ...(chunder ? { chunderw: chunder, publishEvents: false } : {}),
      ...(edge && !chunder ? { edge: edge.split(",") } : {}),
    };
  }

  get started() { return this.#device !== null; }
  get registered() { return this.#device?.state === "registered"; }
  get remote() { return this.#call?.getRemoteStream(); }
  get microphone() { return this.#call?.getLocalStream(); }
  get sounds() { return this.#settings.sounds; }
  get rings() { return [...this.#rung.keys()]; }

  async start({ token, ttl }) {
    const device = this.#device = new window.Twilio.Device(token, { ...this.#settings, tokenRefreshMs: Math.min(RENEW_BEFORE, ttl * 500) });
    device.on("registered", () => this.tell("ready"));
    device.on("unregistered", () => this.tell("gone"));
    device.on("tokenWillExpire", () => this.tell("expiring"));
    device.on("error", (error, call) => { if (!call) this.tell("trouble", Trouble.of(error)); });
    device.on("incoming", (call) => this.#rings(call));
    for (const sound of ["incoming", "outgoing", "disconnect"]) device.audio[sound](false);
    device.audio.on("deviceChange", (lost) => this.#devicesChanged(lost));
    this.#register();
  }

  async renew({ token }) {
    this.#device.updateToken(token);
    /* With a new token the SDK registers by itself, unless it never had. */
    await new Promise((resolve) => setTimeout(resolve, 1000));
    if (this.#device?.state === "unregistered") this.#register();
  }

  /* Where the network is away this lasts until it is back. */
  #register() { this.#device.register().catch((error) => this.tell("trouble", Trouble.of(error))); }

  stop() {
    this.#device?.destroy();
    this.#device = this.#call = null;
    this.#rung.clear();
  }

  /* Calls. ------------------------------------------------------------------------------------- */

  async connect(params) {
    await this.#takeMicrophone();
    await this.#connected(await this.#device.connect({ params }));
  }

  async answer(leg) {
    const call = this.#rung.get(leg);
    if (!call) throw new Trouble(0, "It does not ring any more.");
    await this.#takeMicrophone();
    this.#rung.delete(leg);
    call.accept();
    await this.#connected(call);
  }

  hangUp() { this.#call?.disconnect(); }
  mute(on) {
    this.#muted = on;
    this.#call?.mute(on);
  }
  digits(text) { this.#call?.sendDigits(text); }

  #rings(call) {
    const leg = call.customParameters.get("leg") ?? call.customParameters.get("standby") ?? "";
    this.#rung.set(leg, call);
    const stops = () => { if (this.#rung.delete(leg)) this.tell("cancelled", { leg }); };
    for (const event of ["cancel", "reject", "disconnect"]) call.on(event, stops);
    this.tell("rung", { leg });
  }

  #connected(call) {
    this.#call = call;
    this.mute(this.#muted); // before any sound of this call is sent
    let talks = false, trouble = null, bytes = 0;
    call.on("volume", (mine, theirs) => { this.level = { mine, theirs }; });
    call.on("reconnecting", (error) => this.tell("broken", Trouble.of(error)));
    call.on("reconnected", () => this.tell("mended"));
    call.on("warning", (name) => this.tell("warning", { name, on: true }));
    call.on("warning-cleared", (name) => this.tell("warning", { name, on: false }));
    call.on("sample", ({ totals }) => {
      if (totals.bytesReceived > bytes) this.tell("sound");
      bytes = totals.bytesReceived;
    });
    return new Promise((resolve, reject) => {
      const late = setTimeout(() => { trouble = new Trouble(GAVE_NO_ANSWER, "There was no answer."); call.disconnect(); }, PATIENCE);
      call.on("accept", () => { talks = true; clearTimeout(late); resolve(); });
      const over = () => {
        clearTimeout(late);
        if (this.#call !== call) return;
        this.#call = null;
        this.level = { mine: 0, theirs: 0 };
        this.#leaveMicrophone();
        /* What was wrong is told after the end. */
        setTimeout(() => {
          if (talks) this.tell("over", { trouble });
          else reject(trouble ?? new Trouble(0, "It ended before it was connected."));
        }, 0);
      };
      for (const event of ["disconnect", "cancel", "reject"]) call.on(event, over);
      call.on("error", (error) => {
        trouble = Trouble.of(error);
        if (talks) this.tell("trouble", trouble);
        if (call.status() === "closed") over();
      });
    });
  }

  /* Microphones and speakers. ------------------------------------------------------------------ */

  async permission() {
    if (!navigator.mediaDevices) return "impossible";
    try {
      const status = await navigator.permissions.query({ name: "microphone" });
      status.onchange = () => this.tell("permission");
      return status.state;
    } catch { // this browser tells it by the names of the devices alone
      const known = await navigator.mediaDevices.enumerateDevices();
      return known.some((each) => each.kind === "audioinput" && each.label) ? "granted" : "prompt";
    }
  }

  async ask() {
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio: true });
      for (const track of stream.getTracks()) track.stop();
    } catch (error) {
      this.tell("trouble", new Trouble(error.name === "NotAllowedError" ? 31401 : NO_MICROPHONE, error.message));
    }
    /* Now the devices have names. */
    navigator.mediaDevices.dispatchEvent(new Event("devicechange"));
    this.tell("permission");
  }

  devices() {
    const audio = this.#device?.audio;
    const listed = (known) => [...(known ?? new Map()).values()].map(({ deviceId, label }) => ({ id: deviceId, label }));
    return {
      microphone: listed(audio?.availableInputDevices),
      speaker: audio?.isOutputSelectionSupported ? listed(audio.availableOutputDevices) : [],
    };
  }

  async choose(kind, id) {
    this.#chosen[kind] = id;
    const audio = this.#device?.audio;
    if (!audio) return;
    if (kind === "speaker" && audio.isOutputSelectionSupported) await audio.speakerDevices.set(this.#known("speaker"));
    if (kind === "microphone" && (this.#call || this.#listens)) await this.#takeMicrophone();
  }

  /* The level is measured between calls, too, for as long as somebody looks. */
  async listen(on) {
    this.#listens = on;
    const audio = this.#device?.audio;
    if (!audio || this.#call) return;
    audio.removeAllListeners("inputVolume");
    if (!on) return void this.#leaveMicrophone();
    await this.#takeMicrophone();
    audio.on("inputVolume", (mine) => { if (!this.#call) this.level = { mine, theirs: 0 }; });
  }

  #known(kind) {
    const ids = this.devices()[kind].map((each) => each.id);
    return [this.#chosen[kind], "default"].find((id) => ids.includes(id)) ?? ids[0];
  }

  async #takeMicrophone() {
    const id = this.#known("microphone");
    if (id === undefined) throw new Trouble(NO_MICROPHONE, "There is no microphone.");
    try {
      /* Before it was allowed, a microphone has no name: the SDK asks. */
      if (id) await this.#device.audio.setInputDevice(id);
    } catch (error) {
      throw new Trouble(error.name === "NotAllowedError" ? 31401 : NO_MICROPHONE, error.message);
    }
    this.#using = this.#name();
  }

  #leaveMicrophone() {
    if (this.#listens) return;
    this.level = { mine: 0, theirs: 0 };
    this.#device?.audio?.unsetInputDevice().catch((error) => this.tell("trouble", Trouble.of(error)));
  }

  #name() {
    const audio = this.#device?.audio;
    return audio?.inputDevice ? audio.availableInputDevices.get(audio.inputDevice.deviceId)?.label ?? "" : "";
  }

  /* In a call the next microphone takes over; without one there is silence until one is plugged in. */
  async #devicesChanged(lost) {
    if (!this.#device) return;
    const before = this.#using;
    const gone = lost.some((each) => each.kind === "audioinput");
    if (this.#call && (gone || !before || this.#name() !== before)) {
      try {
        await this.#takeMicrophone();
      } catch (error) {
        this.#using = "";
        if (error.code !== NO_MICROPHONE) this.tell("trouble", error);
      }
    }
    this.tell("devices", { lost: gone || (before && before !== this.#using) ? before : "", now: this.#using });
  }
}
