/* The line's own part of the desk, which no push touches: what it is, and what one may do with it. */

import { CALLS, STATES } from "./words.js";

const KEPT = "softphone.devices"; // in this browser: which devices somebody has chosen
const LOOKS = { ready: "available", starting: "waiting", asleep: "waiting", elsewhere: "offline" };
const MEASURE = 100;
const RINGS_FOR = 2900; // when tried: once

export class Panel {
  #root;
  #line;
  #phone;
  #sounds;
  #chosen = { microphone: "", speaker: "", ringer: "", ...JSON.parse(localStorage.getItem(KEPT) ?? "{}") };
  #typed = "";
  #keypad;
  #devices;

  constructor(root, line, phone, sounds) {
    [this.#root, this.#line, this.#phone, this.#sounds] = [root, line, phone, sounds];
    line.on("change", () => this.show());
    phone.on("devices", () => this.#list()).on("ready", () => this.#readied());
    this.#press("allow", () => line.allow());
    this.#press("mute", () => line.mute(!line.call.muted));
    this.#press("test", () => (line.call ? line.hangUp() : line.test()));
    this.#press("ring", () => { sounds.ring(true); setTimeout(() => sounds.ring(false), RINGS_FOR); });
    this.#press("notify", () => Notification.requestPermission().then(() => this.#notifying()));
    for (const key of root.querySelectorAll("[data-digit]")) key.addEventListener("click", () => this.digit(key.dataset.digit));
    for (const choice of root.querySelectorAll("select")) choice.addEventListener("change", () => this.#choose(choice.name, choice.value));
    for (const opener of root.querySelectorAll("[aria-controls]")) opener.addEventListener("click", () => this.#unfold(opener));
    this.#keypad = document.getElementById("line-keypad");
    this.#devices = document.getElementById("line-devices");
    setInterval(() => this.#measure(), MEASURE);
    this.show();
  }

  #find(name) { return this.#root.querySelector(`[data-line-${name}]`); }
  #press(name, act) { this.#find(name).addEventListener("click", act); }

  #unfold(opener) {
    const panel = document.getElementById(opener.getAttribute("aria-controls"));
    panel.hidden = !panel.hidden;
    opener.setAttribute("aria-expanded", String(!panel.hidden));
    if (panel === this.#devices) this.#listen(!panel.hidden);
  }

  /* What is true now. -------------------------------------------------------------------------- */

  show() {
    const { is, leg, call } = this.#line;
    Object.assign(this.#root.dataset, { is, on: leg === "test" ? "" : leg ?? "" });
    const shown = this.#find("is");
    const text = call ? CALLS[call.leg === "test" ? "test" : call.is === "talking" && call.keptOpen ? "open" : call.is] : STATES[is];
    if (shown.textContent !== text) shown.textContent = text;
    shown.className = `state ${call ? { talking: "talking", connecting: "connecting" }[call.is] ?? "failed" : LOOKS[is] ?? "failed"}`;
    this.#buttons(is, call);
    this.#remarks();
    this.#notifying();
  }

  #buttons(is, call) {
    const talks = call?.is === "talking";
    this.#find("allow").hidden = !this.#line.mayAsk;
    const mute = this.#find("mute");
    mute.disabled = !call;
    mute.setAttribute("aria-pressed", String(Boolean(call?.muted)));
    mute.textContent = call?.muted ? "Muted" : "Mute";
    const test = this.#find("test");
    test.disabled = Boolean(call && call.leg !== "test") || (!call && is !== "ready");
    test.textContent = call?.leg === "test" ? "End the test" : "Test call";
    for (const key of this.#root.querySelectorAll("[data-digit]")) key.disabled = !talks;
    /* Between calls its key belongs to the desk's own, with which one dials. */
    const opener = this.#root.querySelector("[aria-controls=line-keypad]");
    opener.disabled = !call;
    if (!call && !this.#keypad.hidden) this.#unfold(opener);
    if (!call) this.#typed = "";
    this.#find("typed").textContent = this.#typed;
  }

  /* What is read out when something is added: what stays is not touched. */
  #remarks() {
    const list = this.#find("remarks");
    const { remarks } = this.#line;
    for (const item of [...list.children]) if (remarks.get(item.dataset.key)?.text !== item.textContent) item.remove();
    for (const [key, { text, serious }] of remarks) {
      if ([...list.children].some((item) => item.dataset.key === key)) continue;
      const item = document.createElement("div");
      item.dataset.key = key;
      item.className = serious ? "notice warning" : "notice";
      item.append(Object.assign(document.createElement("p"), { textContent: text }));
      list.append(item);
    }
  }

  #measure() {
    const { call } = this.#line;
    const level = call?.muted ? 0 : Math.min(1, this.#phone.level.mine * 2);
    const [small, wide] = this.#root.querySelectorAll("meter");
    small.hidden = !call;
    small.value = level;
    wide.value = this.#devices.hidden ? 0 : level;
  }

  /* Keys. -------------------------------------------------------------------------------------- */

  digit(digit) {
    this.#line.digits(digit);
    this.#typed = (this.#typed + digit).slice(-24);
    this.#find("typed").textContent = this.#typed;
  }

  get dials() { return !this.#keypad.hidden && this.#line.call?.is === "talking"; }

  /* Devices. ----------------------------------------------------------------------------------- */

  async #readied() {
    this.#list();
    for (const kind of ["microphone", "speaker", "ringer"]) await this.#use(kind);
  }

  #list() {
    const { microphone, speaker } = this.#phone.devices();
    for (const [kind, known] of Object.entries({ microphone, speaker, ringer: speaker })) {
      const choice = this.#root.querySelector(`select[name=${kind}]`);
      choice.replaceChildren(...known.map(({ id, label }) => new Option(label || "The machine's own", id)));
      choice.value = known.some(({ id }) => id === this.#chosen[kind]) ? this.#chosen[kind] : known[0]?.id ?? "";
      choice.disabled = known.length === 0;
      choice.closest(".field").hidden = kind !== "microphone" && known.length === 0;
    }
    this.#find("no-choice").hidden = speaker.length > 0;
  }

  async #choose(kind, id) {
    this.#chosen[kind] = id;
    localStorage.setItem(KEPT, JSON.stringify(this.#chosen));
    await this.#use(kind);
    this.#line.unremark("device");
  }

  async #use(kind) {
    const id = this.#chosen[kind];
    try {
      if (kind === "ringer") await this.#sounds.through("ring", id);
      else if (id || kind === "microphone") await this.#phone.choose(kind, id);
      if (kind === "speaker") await this.#sounds.through("tone", id);
    } catch (error) {
      this.#line.remark("device", `That device cannot be used: ${error.message}`);
    }
  }

  async #listen(on) {
    try {
      await this.#phone.listen(on && this.#line.is === "ready");
    } catch (error) {
      this.#line.remark("device", `The microphone cannot be measured: ${error.message}`);
    }
  }

  /* Outside this window. ----------------------------------------------------------------------- */

  #notifying() {
    const is = window.Notification?.permission ?? "impossible";
    this.#find("notify").hidden = is !== "default";
    const said = { granted: "Calls are shown outside this window, too.", denied: "Your browser blocks notifications of this page. Press the sign to the left of the address to allow them.", impossible: "This browser cannot show calls outside this window." }[is] ?? "";
    const shown = this.#find("notified");
    if (shown.textContent !== said) shown.textContent = said;
  }
}
