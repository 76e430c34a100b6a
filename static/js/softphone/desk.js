/* The telephone of this desk: puts driver, line and panel together, and does what the pane orders. */

import { Line } from "./line.js";
import { Panel } from "./panel.js";
import { SilentPhone } from "./silent.js";
import { Sounds } from "./sounds.js";
import { TwilioPhone } from "./twilio.js";
import { REMARKS } from "./words.js";

const OPEN_ELSEWHERE = 4409;
const SIGNED_OUT = 4401;

const root = document.getElementById("softphone");
const main = document.getElementById("main");
const told = root.dataset;

const phone = told.driver === "silent" ? new SilentPhone() : new TwilioPhone(told);
const sounds = new Sounds((is) => (is ? line.remark("blocked", REMARKS.blocked) : line.unremark("blocked")));
const line = new Line(phone, {
  token: told.token, trouble: told.trouble, identity: told.identity,
  autoAnswer: told.autoAnswer === "yes", tone: () => sounds.tone("accept"),
});
const panel = new Panel(root, line, phone, sounds);
root.phone = phone; // for tests, and for whoever looks for what is wrong
root.line = line;

/* What the pane wants of the line, after each push. ---------------------------------------------- */

const legOf = (element) => element.dataset.leg ?? element.dataset.standby;
let talk = null;
const look = () => {
  const before = talk;
  talk = main.querySelector("[data-talk]")?.dataset.talk ?? null;
  if (before && talk !== before && line.call?.keptOpen) line.mute(false); // the next caller is spoken with
  const ordered = [...main.querySelectorAll("[data-softphone]")];
  line.orders(ordered.map((element) => ({ act: element.dataset.softphone, leg: legOf(element), keptOpen: "standby" in element.dataset })));
  ring();
};
for (const event of ["htmx:wsAfterMessage", "htmx:afterSettle"]) document.addEventListener(event, look);

document.addEventListener("click", (event) => {
  sounds.unblock();
  const asked = event.target.closest("button[data-softphone]");
  if (asked) line.take(asked.dataset.softphone, legOf(asked));
});

/* Keys do not cross a room at the carrier: those that follow on each other are sent to the far end
   by order, as digits that are written are. ------------------------------------------------------ */

const KEYS_TOGETHER = 700;
let keys = "";
let sending = 0;
const farEnd = () => [...main.querySelectorAll(".party:not(.self)")].filter((party) => !party.querySelector("[data-testid=held]"))
  .map((party) => party.querySelector("form:has([name=digits])")).find(Boolean);
const send = () => {
  const form = farEnd();
  /* The carrier is asked for one after the other. */
  if (form?.closest(".party").querySelector("[data-testid=doing]")) {
    sending = setTimeout(send, KEYS_TOGETHER);
    return;
  }
  const now = keys;
  keys = "";
  if (!form) return void phone.digits(now);
  form.elements.digits.value = now;
  form.requestSubmit();
  form.reset();
};
line.on("digits", (pressed) => {
  keys += pressed;
  clearTimeout(sending);
  sending = setTimeout(send, KEYS_TOGETHER);
}).on("over", () => { keys = ""; });

/* Somebody calls: a ring, and a word outside this window. ---------------------------------------- */

let notified = null;
const ring = () => {
  const caller = main.querySelector("[data-ringing]");
  const rings = Boolean(caller) && !line.call && line.is !== "elsewhere";
  sounds.ring(rings && told.autoAnswer !== "yes");
  if (!rings) {
    notified?.close();
    notified = null;
  } else if (!notified && !document.hasFocus() && window.Notification?.permission === "granted") {
    /* One for each call, in however many windows. */
    const tag = `call-${legOf(caller.querySelector("[data-softphone]") ?? caller) ?? "rings"}`;
    notified = new Notification(caller.dataset.ringing, { tag, body: caller.querySelector("h2").textContent.trim(), requireInteraction: true, silent: true });
    notified.onclick = () => { window.focus(); notified?.close(); };
  }
};

line.on("change", ring)
  .on("talks", () => { if (told.autoAnswer !== "yes") sounds.tone("accept"); })
  .on("over", ({ lost }) => sounds.tone(lost ? "lost" : "end"));

/* The server is told what the line is with each heartbeat, and at once when it changes. ----------- */

let said = "";
line.on("change", () => {
  const now = `${told.is} ${told.on}`;
  if (now !== said) document.dispatchEvent(new CustomEvent("softphone:line"));
  said = now;
});

document.addEventListener("htmx:wsClose", ({ detail }) => {
  if (detail.event.code === OPEN_ELSEWHERE) line.giveUp("moved");
  if (detail.event.code === SIGNED_OUT) line.giveUp("signed_out");
});

/* The machine sleeps and wakes, the network goes and comes, the window is closed. ------------------ */

document.addEventListener("freeze", () => line.sleep());
document.addEventListener("resume", () => line.wake());
window.addEventListener("pageshow", ({ persisted }) => { if (persisted) line.wake(); });
/* The server's beats are heard on time also where a hidden page's own clocks are slowed. */
document.addEventListener("htmx:wsBeforeMessage", () => line.look());
for (const event of ["online", "offline"]) window.addEventListener(event, () => line.look());
document.addEventListener("visibilitychange", () => { if (!document.hidden) line.look(); });

const inCall = () => line.call && line.call.leg !== "test";
window.addEventListener("beforeunload", (event) => { if (inCall()) event.preventDefault(); });
/* While one talks, other pages open beside this one. */
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href]");
  if (link && inCall() && !link.getAttribute("href").startsWith("#")) link.target = "_blank";
}, true);

/* The screen stays on while one talks; a machine that is short of power may refuse. */
let lit = null;
line.on("change", async () => {
  const must = Boolean(line.call) && !document.hidden;
  if (must && !lit && navigator.wakeLock) {
    lit = navigator.wakeLock.request("screen").catch(() => null);
  } else if (!must && lit) {
    const lock = await lit;
    lit = null;
    await lock?.release();
  }
});

/* Keys of an open keypad come before the page's. */
document.addEventListener("keydown", (event) => {
  const typing = event.target.matches("input, textarea, select");
  if (!/^[0-9*#]$/.test(event.key) || !panel.dials || typing || event.ctrlKey || event.metaKey || event.altKey || event.repeat) return;
  event.preventDefault();
  event.stopPropagation();
  panel.digit(event.key);
}, true);

line.sit();
look();
