/* For every page of a test; the page says which stream it hears: `remoteStream()`. */
const listening = {};

/* How loud the remote side is around each of these pitches, and at its loudest, in decibels: what is
   usual over a while, since single moments are disturbed where a machine is busy. `together`: at the
   moment at which the faintest of them was loudest. */
window.levelsHeard = async (pitches, milliseconds) => {
  const context = listening.context ??= new AudioContext();
  let stream = window.remoteStream();
  for (const late = performance.now() + 20_000; !stream;) {
    if (performance.now() > late) throw new Error("nothing comes out of this telephone");
    await new Promise((resolve) => setTimeout(resolve, 50));
    stream = window.remoteStream();
  }
  if (listening.stream !== stream) {
    listening.stream = stream;
    listening.analyser = context.createAnalyser();
    listening.analyser.fftSize = 8192;
    listening.analyser.smoothingTimeConstant = 0;
    context.createMediaStreamSource(stream).connect(listening.analyser);
    await new Promise((resolve) => setTimeout(resolve, 300));
  }
  const bins = new Float32Array(listening.analyser.frequencyBinCount);
  const width = context.sampleRate / listening.analyser.fftSize;
  const around = (pitch) => Math.max(...bins.slice(
    Math.round(pitch / width) - 2, Math.round(pitch / width) + 3));
  const found = [];
  const end = performance.now() + milliseconds;
  while (performance.now() < end || found.length < 5) {
    listening.analyser.getFloatFrequencyData(bins);
    found.push([...pitches.map(around), Math.max(...bins)].map((level) => Math.max(level, -200)));
    await new Promise((resolve) => setTimeout(resolve, 60));
  }
  const usual = (levels) => levels.sort((one, other) => one - other)[levels.length >> 1];
  const levels = [...pitches, 0].map((_, number) => usual(found.map((each) => each[number])));
  const together = Math.max(...found.map((each) => Math.min(...each.slice(0, -1))));
  return {pitches: levels.slice(0, -1), loudest: levels.at(-1), together};
};

/* At its loudest, how loud these pitches were together; at once when they are as loud as that. */
window.togetherHeard = async (pitches, wanted, milliseconds) => {
  let together = -200;
  for (const end = performance.now() + milliseconds; performance.now() < end && together < wanted;)
    together = Math.max(together, (await levelsHeard(pitches, 300)).together);
  return together;
};
