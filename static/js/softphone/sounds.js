/* What the page plays by itself: the ring, and the tones at which a call begins, ends or is lost. */

const file = (name) => String(new URL(`../../audio/desk/${name}.wav`, import.meta.url));
const LONGEST = 1000;

export class Sounds {
  #made = new Map();
  #through = { ring: "", tone: "" };
  #blocked;
  #rings = false;

  /* `blocked(is)`: browsers play nothing before a page was clicked on. */
  constructor(blocked) { this.#blocked = blocked; }

  /* The ring may go to a loudspeaker while the tones go to a headset. */
  async through(kind, device) {
    this.#through[kind] = device;
    for (const [name, sound] of this.#made) await this.#lead(name, sound);
  }

  ring(on) {
    if (on === this.#rings) return;
    this.#rings = on;
    const sound = this.#sound("ring");
    sound.loop = true;
    sound.currentTime = 0;
    if (on) this.#play(sound);
    else sound.pause();
  }

  /* Resolves when it was heard. */
  async tone(name) {
    const sound = this.#sound(name);
    sound.currentTime = 0;
    const heard = new Promise((resolve) => { sound.onended = resolve; setTimeout(resolve, LONGEST); });
    if (await this.#play(sound)) await heard;
  }

  /* After a click what was not played is. */
  async unblock() {
    this.#blocked(false);
    if (this.#rings && this.#sound("ring").paused) await this.#play(this.#sound("ring"));
  }

  #sound(name) {
    if (!this.#made.has(name)) {
      const sound = new Audio(file(name));
      this.#made.set(name, sound);
      this.#lead(name, sound);
    }
    return this.#made.get(name);
  }

  async #lead(name, sound) {
    const device = this.#through[name === "ring" ? "ring" : "tone"];
    try {
      await sound.setSinkId?.(device);
    } catch (error) {
      /* It was unplugged meanwhile: the machine's own speaker has to do. */
      if (device) await sound.setSinkId("");
      else throw error;
    }
  }

  async #play(sound) {
    try {
      await sound.play();
      return true;
    } catch (error) {
      if (error.name === "NotAllowedError") this.#blocked(true);
      else if (error.name !== "AbortError") throw error; // stopped before it began
      return false;
    }
  }
}
