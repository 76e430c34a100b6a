// A telephone for a visitor's own voice. The carrier's side is sandbox/browsers/phone.py.
"use strict";

const byId = (id) => document.getElementById(id);
const phone = byId("phone");
const token = document.querySelector('meta[name="console-token"]').content;
const WORDS = {
  idle: () => "Nobody on the line.",
  rings: (news) => `${news.other} is calling`,
  calls: (news) => `Calling ${news.other} …`,
  talks: (news) => `On the line with ${news.other}`,
};
const PATIENCE = 5000; // milliseconds until missing sound is remarked on
let socket = null;
let connection = null;
let microphone = null;

const complain = (text) => { byId("problem").textContent = text; };

// --- the carrier -------------------------------------------------------------------------------

function open() {
  socket = new WebSocket(`${location.origin.replace("http", "ws")}/phone/line?token=${token}`);
  socket.onopen = be;
  socket.onmessage = ({ data }) => hear(JSON.parse(data));
  socket.onclose = isAway;
}

function isAway() {
  hangUpHere();
  complain("The carrier is away. Load this page again.");
}

/** Tell the carrier; what is wished while the line to it is still being opened goes out after that. */
function wish(what) {
  if (socket.readyState === WebSocket.CONNECTING)
    socket.addEventListener("open", () => wish(what), { once: true });
  else if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify(what));
  else isAway();
}

function be() {
  complain("");
  wish({ do: "be", number: byId("number").value });
}

async function hear(news) {
  if (news.is === "sound") {
    await connection?.setRemoteDescription({ type: "answer", sdp: news.sdp });
  } else if (news.is === "problem") {
    complain(news.text);
    if (phone.dataset.state === "idle") hangUpHere();
  } else {
    show(news);
  }
}

function show(news) {
  const before = phone.dataset.state ?? "idle";
  phone.dataset.state = news.is;
  phone.toggleAttribute("data-elsewhere", news.is !== "idle" && !connection);
  byId("state").textContent = WORDS[news.is](news);
  byId("hears").textContent = news.hears ? `hears ${news.hears}` : "";
  byId("number").disabled = news.is !== "idle";
  // That nobody was on the line may be told late, when a call is already being made.
  if (news.is === "idle" && before !== "idle") hangUpHere();
}

// --- sound -------------------------------------------------------------------------------------

/** A description of this browser's sound, for the carrier to answer. */
async function offer() {
  hangUpHere();
  complain("");
  microphone = await navigator.mediaDevices.getUserMedia({ audio: true });
  const fresh = connection = new RTCPeerConnection({ iceServers: [] });
  for (const track of microphone.getTracks()) fresh.addTrack(track, microphone);
  fresh.ontrack = ({ streams }) => listen(streams[0]);
  await fresh.setLocalDescription(await fresh.createOffer());
  setTimeout(() => {
    if (fresh === connection && fresh.connectionState !== "connected")
      complain("No sound yet: is the carrier on this machine, and is there a network interface?");
  }, PATIENCE);
  return fresh.localDescription.sdp;
}

async function start(what) {
  try {
    wish({ ...what, sdp: await offer() });
  } catch (error) {
    hangUpHere();
    complain(`The microphone cannot be used: ${error.message}`);
  }
}

function listen(stream) {
  byId("ear").srcObject = stream;
  const context = new AudioContext();
  const analyser = context.createAnalyser();
  const samples = new Float32Array(analyser.fftSize);
  context.createMediaStreamSource(stream).connect(analyser);
  const mine = connection;
  (function measure() {
    if (mine !== connection) return void context.close();
    analyser.getFloatTimeDomainData(samples);
    const loud = Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length);
    byId("level").value = Math.min(1, loud * 4);
    requestAnimationFrame(measure);
  })();
}

function hangUpHere() {
  for (const track of microphone?.getTracks() ?? []) track.stop();
  connection?.close();
  connection = microphone = null;
  byId("ear").srcObject = null;
  byId("level").value = 0;
  byId("mute").setAttribute("aria-pressed", "false");
}

// --- the visitor -------------------------------------------------------------------------------

byId("number").addEventListener("change", be);
byId("call").addEventListener("click", () => start({ do: "dial", to: byId("to").value }));
byId("answer").addEventListener("click", () => start({ do: "answer" }));
byId("hang-up").addEventListener("click", () => wish({ do: "hang_up" }));
byId("mute").addEventListener("click", ({ currentTarget }) => {
  const muted = currentTarget.getAttribute("aria-pressed") !== "true";
  currentTarget.setAttribute("aria-pressed", String(muted));
  for (const track of microphone?.getTracks() ?? []) track.enabled = !muted;
});
for (const key of document.querySelectorAll("[data-types]"))
  key.addEventListener("click", () => wish({ do: "press", keys: key.dataset.types }));
document.addEventListener("keydown", ({ key, target }) => {
  if (target.matches("input") || !/^[0-9*#]$/.test(key)) return;
  wish({ do: "press", keys: key });
});
open();
