/* What a page does by itself. Everything it shows comes from the server (docs/decisions, live push).

   1. clocks tick            4. dangerous buttons ask first
   2. it answers "I run"     5. failures are said, not swallowed
   3. it says when it is cut off, and rings in its title
   6. keys do what buttons do
*/
"use strict";

(() => {
  /* How far this machine's clock is from the server's, in milliseconds. */
  let ahead = 0;
  const learnTime = (serverNow) => { ahead = Date.now() - serverNow; };
  const now = () => Date.now() - ahead;

  /* 1. Clocks. Their text is in a shadow tree, so a morph of the page never touches it. -------- */

  const two = (n) => String(n).padStart(2, "0");
  const spell = (seconds) => {
    const s = Math.max(0, Math.floor(seconds));
    const minutes = `${Math.floor(s / 60) % 60}`;
    return s < 3600 ? `${minutes}:${two(s % 60)}` : `${Math.floor(s / 3600)}:${two(minutes)}:${two(s % 60)}`;
  };

  class CallTimer extends HTMLElement {
    static observedAttributes = ["since", "until", "late-after"];
    static running = new Set();

    connectedCallback() {
      if (!this.shadowRoot) this.attachShadow({ mode: "open" }).append(document.createElement("span"));
      CallTimer.running.add(this);
      this.tick();
    }
    disconnectedCallback() { CallTimer.running.delete(this); }
    attributeChangedCallback() { this.tick(); }

    tick() {
      if (!this.shadowRoot) return;
      const since = Date.parse(this.getAttribute("since"));
      const until = Date.parse(this.getAttribute("until"));
      const seconds = (Number.isNaN(until) ? now() - since : until - now()) / 1000;
      const lateAfter = Number(this.getAttribute("late-after") || Infinity);
      const shown = this.shadowRoot.firstChild;
      shown.textContent = spell(seconds);
      shown.part.toggle("late", Number.isNaN(until) ? seconds > lateAfter : seconds < 0);
    }
  }
  customElements.define("call-timer", CallTimer);
  setInterval(() => CallTimer.running.forEach((timer) => timer.tick()), 1000);

  class ClockTime extends HTMLElement {
    static observedAttributes = ["at"];
    connectedCallback() { if (!this.shadowRoot) this.attachShadow({ mode: "open" }); this.write(); }
    attributeChangedCallback() { this.write(); }
    write() {
      if (!this.shadowRoot) return;
      const at = new Date(this.getAttribute("at"));
      const today = at.toDateString() === new Date(now()).toDateString();
      const time = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
      const seconds = this.hasAttribute("seconds") ? { second: "2-digit" } : {};
      const day = today || this.hasAttribute("seconds") ? {} : { day: "numeric", month: "short" };
      this.shadowRoot.textContent = at.toLocaleString([], { ...day, ...time, ...seconds });
      this.title = at.toLocaleString();
    }
  }
  customElements.define("clock-time", ClockTime);

  /* 2. and 3. The live connection. ------------------------------------------------------------- */

  const FINAL = {
    4401: "You are signed out. Reload the page to sign in again.",
    4403: "This page is no longer yours to see.",
    4409: "This desk is open in another window.",
  };
  const say = (is, text) => {
    const shown = document.getElementById("connection");
    if (!shown || shown.textContent === text) return;
    shown.dataset.is = is;
    shown.textContent = text;
  };

  htmx.config.wsReconnectDelay = (tries) => Math.min(4000, 250 * 2 ** tries) * (0.5 + Math.random() / 2);

  let lastBeat = null;
  const answer = () => {
    const line = document.getElementById("softphone")?.dataset;
    const told = line ? { line: { is: line.is, on: line.on || null } } : {};
    lastBeat?.socketWrapper.sendImmediately(JSON.stringify({ alive: lastBeat.beat, ...told }));
  };
  document.addEventListener("htmx:wsClose", (event) => {
    lastBeat = null;
    const final = FINAL[event.detail.event.code];
    say("lost", final || "Not connected, trying again");
  });
  document.addEventListener("htmx:wsBeforeMessage", (event) => {
    const { message, socketWrapper } = event.detail;
    if (!message.startsWith("{")) return;
    event.preventDefault();
    lastBeat = { ...JSON.parse(message), socketWrapper };
    learnTime(lastBeat.beat);
    answer();
  });
  /* A desk with a telephone in it says with each beat what its line is, and at once when it changes. */
  document.addEventListener("softphone:line", () => answer());
  document.addEventListener("htmx:wsAfterMessage", () => { say("live", "Live"); ring(); });

  const calm = document.title;
  const icon = document.querySelector("link[rel=icon]");
  const ring = () => {
    const offer = document.querySelector("main [data-ringing]");
    const title = offer ? `\u260E ${offer.dataset.ringing}` : calm;
    const href = offer ? icon.dataset.ringing : icon.dataset.calm;
    if (document.title !== title) document.title = title;
    if (icon.getAttribute("href") !== href) icon.setAttribute("href", href);
  };

  /* What a person is writing is theirs: a push does not touch a form that is marked so. */
  const isKept = (before, after) => before.dataset?.keep && after.dataset?.keep === before.dataset.keep;
  /* So is what a person has chosen, for as long as it can be chosen. */
  const chooseAlike = (before, after) => {
    const chosen = [...after.options].find((option) => option.value === before.value);
    if (!chosen) return;
    /* The attribute too: an option that is copied into the page brings nothing else along. */
    for (const option of after.options) option.defaultSelected = option === chosen;
    chosen.selected = true;
  };
  /* What the page first proposed is not chosen again over what a person chose. */
  const isPassedOver = (before) => before.type === "radio" && !before.checked && [...document.getElementsByName(before.name)].some((each) => each.checked);
  const isChosen = (before, after) => before.type === "radio" && before.checked && before.id === after.id;
  Idiomorph.defaults.callbacks.beforeNodeMorphed = (before, after) => {
    if (before.nodeName === "SELECT" && after.nodeName === "SELECT") chooseAlike(before, after);
    if (isPassedOver(before)) after.checked = false;
    return !isKept(before, after) && !isChosen(before, after);
  };
  /* A field that somebody is in is theirs; a button that was pressed, or a row, is as it is now. */
  Object.defineProperty(Idiomorph.defaults, "ignoreActiveValue", {
    enumerable: true, get: () => document.activeElement.matches("input, textarea, select"),
  });
  /* What a person has unfolded stays so. */
  Idiomorph.defaults.callbacks.beforeAttributeUpdated = (name, node) => !(name === "open" && node.tagName === "DETAILS");

  /* 4. Asking first. --------------------------------------------------------------------------- */

  document.addEventListener("htmx:confirm", (event) => {
    if (!event.detail.question) return;
    event.preventDefault();
    const asking = document.getElementById("asking");
    asking.querySelector("[data-question]").textContent = event.detail.question;
    const yes = asking.querySelector("[value=yes]");
    const told = event.target.closest("[data-yes]") || event.target.querySelector("[data-yes]");
    yes.textContent = told?.dataset.yes || "Yes";
    asking.returnValue = "";
    asking.onclose = () => { if (asking.returnValue === "yes") event.detail.issueRequest(true); };
    asking.showModal();
  });

  /* 5. Failures. ------------------------------------------------------------------------------- */

  const notice = (text) => {
    const said = document.getElementById("said");
    const box = document.createElement("div");
    box.className = "notice trouble";
    box.append(Object.assign(document.createElement("p"), { textContent: text }));
    said.replaceChildren(box);
  };
  document.addEventListener("htmx:responseError", (event) => {
    const { status } = event.detail.xhr;
    notice(
      status === 403 ? "That was not allowed. If you signed in again in another window, reload this page."
        : status === 404 ? "That is not there any more. The page shows what is true now."
          : `The server could not do that (${status}). Nothing was changed; please try again.`,
    );
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (new URL(event.detail.xhr.responseURL || location.href).pathname === "/login/") {
      notice("You are signed out, and nothing was changed. Sign in again in another window, then reload this page.");
    }
  });
  document.addEventListener("htmx:sendError", () => notice("The server cannot be reached. Nothing was changed; please try again."));
  document.addEventListener("htmx:timeout", () => notice("The server took too long. Look at what the page shows before you try again."));
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-dismiss]")) event.target.closest(".notice").remove();
  });

  /* What is sent again because no answer came is the same wish: it has the same token. */
  const wishes = new WeakMap();
  const token = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  document.addEventListener("htmx:configRequest", ({ detail }) => {
    if (detail.verb === "get") return;
    if (!wishes.has(detail.elt)) wishes.set(detail.elt, token());
    detail.headers["Idempotency-Key"] = wishes.get(detail.elt);
  });
  document.addEventListener("htmx:afterRequest", ({ detail }) => { if (detail.xhr.status) wishes.delete(detail.elt); });

  /* 6. Keys. What a key does is written on what it presses, so the list of them cannot be wrong. - */

  const isTyping = (node) => node.isContentEditable || node.matches("input:not([type=radio], [type=checkbox]), textarea, select");
  const isThere = (node) => !node.disabled && (node.checkVisibility() || node.closest("details:not([open])"));
  const find = (from, sort, key) => [...from.querySelectorAll(`[data-${sort}="${CSS.escape(key)}"]`)].find(isThere);
  const page = document.getElementById("main");
  /* A row that was gone to has keys of its own, which come before the page's. */
  const row = () => document.activeElement.closest("[data-row]");
  const withKey = (key) => (row() && find(row(), "row-key", key)) || find(page, "key", key);
  const goTo = (step) => {
    const rows = [...page.querySelectorAll("[data-row]")].filter((each) => each.checkVisibility());
    const to = rows[rows.indexOf(row()) + step] || (row() ? null : rows[0]);
    to?.focus();
    to?.scrollIntoView({ block: "nearest" });
  };
  const press = (node) => {
    for (let closed; (closed = node.closest("details:not([open])"));) closed.open = true;
    if (node.matches("input, textarea, select")) node.focus();
    else if (node.tagName === "SUMMARY") node.parentElement.querySelector("input:not([type=hidden]), textarea, select")?.focus();
    else node.click();
  };
  const showKeys = () => {
    const dialog = document.getElementById("keys");
    const list = dialog.querySelector("dl");
    const keys = [...page.querySelectorAll("[data-key]")].filter((node) => find(page, "key", node.dataset.key) === node);
    const inRow = row() || page.querySelector("[data-row]:has([data-row-key])");
    const ofRow = inRow ? [...inRow.querySelectorAll("[data-row-key]")].filter(isThere) : [];
    const line = (key, does) => {
      const [term, text, cap] = ["dt", "dd", "kbd"].map((name) => document.createElement(name));
      cap.textContent = key;
      term.append(cap);
      text.textContent = does;
      return [term, text];
    };
    const what = (node) => (node.title || node.textContent.trim()).replace(/ \(.\)$/, "");
    const told = keys.map((node) => line(node.dataset.key, what(node)));
    if (inRow) told.push(line("j k", "The next row, the one before"), ...ofRow.map((node) => line(node.dataset.rowKey, `${what(node)} (in that row)`)));
    list.replaceChildren(...told.flat(), ...line("?", "This list"));
    dialog.showModal();
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.repeat || event.isComposing) return;
    if (document.querySelector("dialog[open]") || isTyping(event.target)) return;
    const step = { j: 1, k: -1 }[event.key];
    if (step && page.querySelector("[data-row]")) {
      event.preventDefault();
      goTo(step);
      return;
    }
    const node = event.key === "?" ? null : withKey(event.key);
    if (event.key !== "?" && !node) return;
    event.preventDefault();
    if (node) press(node);
    else showKeys();
  });
  /* A keypad types into its field; its last key takes the last digit back. */
  document.addEventListener("click", ({ target }) => {
    const key = target.closest("[data-types-into] [data-digit]");
    const field = key && document.getElementById(key.closest("[data-types-into]").dataset.typesInto);
    if (!field) return;
    field.value = key.dataset.digit ? field.value + key.dataset.digit : field.value.slice(0, -1);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("click", (event) => {
    if (event.target.closest("[data-show-keys]")) showKeys();
    /* The second half of a double click is not a second wish. */
    if (event.detail > 1 && event.target.closest(".deed button, .panel button")) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);

  document.addEventListener("DOMContentLoaded", () => {
    learnTime(Date.parse(document.body.dataset.now));
    ring();
  });
  document.addEventListener("htmx:afterSettle", ring);
})();
