// The console's page: shows what the carrier sends, sends what the visitor asks for.
"use strict";

const token = document.querySelector('meta[name="console-token"]').content;
const link = document.getElementById("link");
const said = document.getElementById("said");
let skew = Number(document.body.dataset.now) - Date.now() / 1000;
let socket = null;
let patience = 500;

// --- showing -----------------------------------------------------------------------------------

/** Make `old` look like `fresh` without losing focus, typed text, or what is unfolded. */
function morph(old, fresh) {
  if (old.nodeType !== fresh.nodeType || old.nodeName !== fresh.nodeName) {
    old.replaceWith(fresh);
    return;
  }
  if (old.nodeType === Node.TEXT_NODE) {
    if (old.data !== fresh.data) old.data = fresh.data;
    return;
  }
  morphAttributes(old, fresh);
  if (!("keep" in old.dataset) && !ticking(old)) morphChildren(old, fresh);
}

const ticking = (element) => element.matches("time[data-since], time[data-at]");

function morphAttributes(old, fresh) {
  for (const { name, value } of [...fresh.attributes]) {
    if (old.getAttribute(name) === value) continue;
    old.setAttribute(name, value);
    if (name === "value" && old !== document.activeElement) old.value = value;
  }
  for (const { name } of [...old.attributes]) {
    if (name !== "open" && !fresh.hasAttribute(name)) old.removeAttribute(name);
  }
}

function morphChildren(old, fresh) {
  const named = new Map([...old.children].filter((each) => each.id).map((each) => [each.id, each]));
  const wanted = [...fresh.childNodes];
  const ids = new Set([...fresh.children].map((each) => each.id).filter(Boolean));
  let place = old.firstChild;
  for (const node of wanted) {
    while (place && place.id && place.id !== node.id && !ids.has(place.id)) {
      const gone = place;
      place = place.nextSibling;
      gone.remove();
    }
    const match = node.id ? named.get(node.id) : place && !place.id ? place : null;
    if (!match) {
      old.insertBefore(node, place);
      continue;
    }
    if (match === place) place = place.nextSibling;
    else old.insertBefore(match, place);
    morph(match, node);
  }
  while (place) {
    const gone = place;
    place = place.nextSibling;
    gone.remove();
  }
}

function show(panels) {
  for (const [name, html] of Object.entries(panels)) {
    const panel = document.querySelector(`[data-panel="${name}"]`);
    const box = document.createElement(panel.tagName);
    box.innerHTML = html;
    morphChildren(panel, box);
  }
  tick();
}

const two = (number) => String(number).padStart(2, "0");

function lasted(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const hours = Math.floor(whole / 3600);
  const rest = `${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  return hours ? `${hours}:${rest}` : rest;
}

function tick() {
  const now = Date.now() / 1000 + skew;
  for (const each of document.querySelectorAll("time[data-since]")) {
    each.textContent = lasted(now - Number(each.dataset.since));
  }
  for (const each of document.querySelectorAll("time[data-at]:empty")) {
    const at = new Date(Number(each.dataset.at) * 1000);
    each.textContent = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
    each.dateTime = at.toISOString();
  }
}

function tell(text, bad = false) {
  said.textContent = text;
  said.dataset.mood = bad ? "bad" : "good";
  said.classList.add("shown");
  clearTimeout(tell.later);
  tell.later = setTimeout(() => said.classList.remove("shown"), bad ? 6000 : 2500);
}

// --- the socket --------------------------------------------------------------------------------

function connect() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/console/live?token=${token}`);
  socket.onopen = () => {
    patience = 500;
    state("live", "live");
    want();
  };
  socket.onmessage = (event) => {
    const news = JSON.parse(event.data);
    skew = news.now - Date.now() / 1000;
    show(news.panels);
  };
  socket.onclose = () => {
    state("lost", "not connected");
    setTimeout(reconnect, patience);
    patience = Math.min(patience * 2, 5000);
  };
}

/** A carrier that was started again has another token: then the whole page is loaded again. */
async function reconnect() {
  try {
    const answer = await fetch("/", { cache: "no-store" });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    const theirs = fresh.querySelector('meta[name="console-token"]');
    if (answer.ok && theirs && theirs.content !== token) return location.reload();
  } catch (error) {
    state("lost", "not connected");
  }
  connect();
}

function state(name, text) {
  link.dataset.state = name;
  link.textContent = text;
}

// --- asking ------------------------------------------------------------------------------------

async function ask(what) {
  try {
    const answer = await fetch("/console/do", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Console-Token": token },
      body: JSON.stringify(what),
    });
    const body = await answer.json();
    tell(body.said || body.problem, !answer.ok);
    return answer.ok;
  } catch (error) {
    tell("The carrier does not answer.", true);
    return false;
  }
}

/** data-do and data-value-… of a button, form or field, as one request. */
function request(element) {
  const what = { do: element.dataset.do };
  for (const [name, value] of Object.entries(element.dataset)) {
    if (name.startsWith("value")) what[name.slice(5).toLowerCase()] = value;
  }
  return what;
}

let rows = 0;

function want() {
  const form = new FormData(document.getElementById("log-filter"));
  const wanted = { text: form.get("text"), kind: form.get("kind") };
  if (rows) wanted.rows = String(rows);
  if (socket && socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(wanted));
}

function typeInto(field, key) {
  field.value = key === "⌫" ? field.value.slice(0, -1) : field.value + key;
  field.focus();
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const { types, fillFrom, more } = button.dataset;
  if (types) typeInto(document.getElementById("dial-to"), types);
  else if (fillFrom) {
    document.getElementById("dial-from").value = fillFrom;
    document.getElementById("dial-to").focus();
  } else if (more) {
    rows = Number(more);
    want();
  } else if (button.dataset.do) ask(request(button));
});

document.addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target;
  if (!form.dataset.do) return;
  const what = { ...request(form), ...Object.fromEntries(new FormData(form)) };
  if ((await ask(what)) && form.classList.contains("ask")) form.reset();
});

document.addEventListener("change", (event) => {
  const field = event.target;
  if (field.dataset.do) ask({ ...request(field), value: field.value });
  if (field.id === "log-kind") want();
});

document.addEventListener("input", (event) => {
  if (event.target.id !== "log-text") return;
  rows = 0;
  clearTimeout(want.later);
  want.later = setTimeout(want, 200);
});

document.addEventListener(
  "toggle",
  async (event) => {
    const box = event.target.querySelector(":scope > [data-src]");
    if (!box || !event.target.open) return;
    const answer = await fetch(box.dataset.src);
    box.innerHTML = answer.ok ? await answer.text() : "";
    if (!answer.ok) box.textContent = "That line is no longer kept.";
  },
  true,
);

setInterval(tick, 1000);
tick();
connect();
