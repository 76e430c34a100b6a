/* A telephone without a carrier and without sound, so that the page can be tried by itself.
   What machine and carrier would do is done to it: `document.getElementById("softphone").phone`.
   How it is at first may be said in `window.silent`, before the page loads. */

import { Teller, Trouble } from "./phone.js";

const MICROPHONES = [{ id: "default", label: "Default - Headset" }, { id: "built-in", label: "Built-in microphone" }];
const SPEAKERS = [{ id: "default", label: "Default - Headset" }, { id: "built-in", label: "Built-in speakers" }];

export class SilentPhone extends Teller {
  registered = false;
  started = false;
  level = { mine: 0.3, theirs: 0 };
  done = [];
  #is = { permission: "granted", microphones: MICROPHONES, speakers: SPEAKERS, ...window.silent };
  #rings = new Set();
  #call = false;

  async start(token) { this.started = true; this.#did("start", token); this.comesBack(); }
  async renew(token) { this.#did("renew", token); this.comesBack(); }
  stop() { this.started = this.registered = false; this.#did("stop"); this.hangUp(); }

  async connect(asked) { this.#did("connect", asked); await this.#connected(); }
  async answer(leg) {
    this.#did("answer", leg);
    if (!this.#rings.delete(leg)) throw new Trouble(0, "It does not ring any more.");
    await this.#connected();
  }
  hangUp() { if (this.#call) { this.#did("hangUp"); this.ends(); } }
  mute(on) { this.#did("mute", on); }
  digits(text) { this.#did("digits", text); }

  async permission() { return this.#is.permission; }
  async ask() { this.allows(this.#is.answers ?? "granted"); }
  devices() { return { microphone: this.#is.microphones, speaker: this.#is.speakers }; }
  async choose(kind, id) { this.#did("choose", { kind, id }); }
  async listen(on) { this.#did("listen", on); }

  /* What happens to it. */
  refuses(code, text = "") { this.#is.refuses = code && new Trouble(code, text); }
  rings(leg) { this.#rings.add(leg); this.tell("rung", { leg }); }
  stopsRinging(leg) { this.#rings.delete(leg); this.tell("cancelled", { leg }); }
  ends(trouble) { this.#call = false; this.tell("over", { trouble }); }
  breaks() { this.registered = false; this.tell("gone"); if (this.#call) this.tell("broken"); }
  comesBack() { this.registered = true; this.tell("ready"); if (this.#call) this.tell("mended"); }
  allows(permission) { this.#is.permission = permission; this.tell("permission"); }
  has(microphones, lost) { this.#is.microphones = microphones; this.tell("devices", { lost, now: lost && microphones[0]?.label }); }

  async #connected() {
    if (this.#is.refuses) throw this.#is.refuses;
    await new Promise((resolve) => setTimeout(resolve, 20));
    this.#call = true;
    if (!this.#is.mute) this.tell("sound");
  }
  #did(what, with_) { this.done.push([what, with_ ?? null]); }
}
