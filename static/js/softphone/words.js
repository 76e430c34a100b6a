/* What the line says: states, troubles and remarks, as sentences for whoever sits there. */

export const STATES = {
  starting: "Starting",
  ready: "Ready",
  no_microphone: "No microphone allowed",
  no_device: "No microphone found",
  offline: "Not connected",
  elsewhere: "In another window",
  asleep: "Waking up",
};
export const CALLS = { connecting: "Connecting", talking: "Talking", open: "Line open", test: "Test call", broken: "Line lost, coming back" };

export const REMARKS = {
  ask: "Calls need your microphone. Press “Allow the microphone”, then say yes to your browser.",
  denied: "The microphone is blocked for this page. Press the sign to the left of the address, allow the microphone there, and this line starts by itself.",
  impossible: "The browser gives no microphone to a page that came without encryption. Open it by its https address.",
  no_device: "Plug a headset or microphone in. This line starts by itself.",
  offline: "The telephone network cannot be reached. Calls wait until it can; this is tried again by itself.",
  waiting: "Another window of this browser has your line. It comes here when its call is over, or when you close that window.",
  moved: "You have opened your desk in another window, and calls reach you there.",
  moves: "You have opened your desk in another window. Talk on here: calls reach you there when this one is over.",
  signed_out: "You are signed out, so no call reaches you here. Sign in again in another window, then reload this page.",
  asleep: "This page was asleep. It looks whether calls still reach you.",
  silence: "No sound has come in yet. Check the speaker under “Devices”; if your network has a firewall, it may block the sound of calls.",
  lost: "The connection is lost and is being brought back. You are heard again as soon as it is there.",
  unheard: "Your microphone is silent. Is it muted on the headset?",
  blocked: "Your browser plays no ring before you have clicked on this page. Click anywhere.",
  testing: "Test call: a voice asks you to speak, then you hear what it heard of you.",
};

const TROUBLES = {
  20101: "Your right to call was not accepted. It is asked for again.",
  20104: "Your right to call had run out. It is asked for again.",
  31000: "The call was not answered by the telephone network. Please try again.",
  31005: "The connection to the telephone network was lost.",
  31009: "The telephone network cannot be reached.",
  31401: "Your browser did not let this page use the microphone.",
  31402: "The microphone cannot be used. Is it plugged in, or in use by another program?",
  31404: "That call is not there any more.",
  31480: "Nobody can be reached there at the moment.",
  31486: "The other side is busy.",
  53000: "The connection to the telephone network was lost.",
  53405: "No sound gets through. A firewall may block the sound of calls.",
};

/* Losses of the network have many numbers and one meaning. */
export const isNetwork = (code) => [31000, 31005, 31009, 31530, 53000, 53001].includes(code);

export const sentence = ({ code, message }) => TROUBLES[code]
  ?? (code ? `The line had a problem (${code}${message ? `: ${message}` : ""}).` : message);

export const microphoneLost = (lost, now) => now
  ? `“${lost}” is gone. You are heard through “${now}” now.`
  : `${lost ? `“${lost}” is gone` : "The microphone is gone"}, and nobody hears you. Plug a microphone in: it is used at once.`;
export const microphoneBack = (now) => `You are heard again, through “${now}”.`;
