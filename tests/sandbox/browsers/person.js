/* For every page of a person: their microphone, and what comes out of their telephone. */
{
  const devices = navigator.mediaDevices;
  const usual = { list: devices?.enumerateDevices.bind(devices), take: devices?.getUserMedia.bind(devices) };
  const taken = [], heard = [];
  let unplugged = null, spare = 0;

  /* What browsers do to make voices clear takes a steady tone for noise. */
  const plain = { echoCancellation: false, noiseSuppression: false, autoGainControl: false };
  const wanted = (audio) => ({ audio: { ...(typeof audio === "object" ? audio : {}), ...plain } });

  const hum = (pitch) => {
    const context = new AudioContext();
    const source = context.createOscillator(), volume = context.createGain();
    const end = context.createMediaStreamDestination();
    source.frequency.value = pitch;
    volume.gain.value = 0.4;
    source.connect(volume).connect(end);
    source.start();
    return end.stream;
  };

  if (devices) {
    devices.getUserMedia = async ({ audio }) => {
      if (unplugged && !spare) throw new DOMException("It is gone", "NotReadableError");
      const stream = unplugged ? hum(spare) : await usual.take(wanted(audio));
      taken.push(...stream.getTracks());
      return stream;
    };
    devices.enumerateDevices = async () => {
      const known = await usual.list();
      if (!unplugged) return known;
      /* What is the machine's usual one goes over to another: it has another name then. */
      const next = known.findLast(({ kind }) => kind === "audioinput");
      const usualNow = { deviceId: "default", kind: "audioinput", groupId: next?.groupId, label: `Default - ${next?.label}` };
      return known.filter(({ deviceId }) => deviceId === "default" || !unplugged.includes(deviceId))
        .map((each) => (each.kind === "audioinput" && each.deviceId === "default" ? usualNow : each));
    };
  }

  /* The microphone is pulled out. The next one hums at this pitch, or is broken, too. */
  window.unplug = (pitch) => {
    const used = taken.splice(0);
    [unplugged, spare] = [used.map((track) => track.getSettings().deviceId), pitch];
    for (const track of used) {
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }
    devices.dispatchEvent(new Event("devicechange"));
  };

  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...options) {
      super(...options);
      this.addEventListener("track", ({ streams }) => heard.push({ connection: this, stream: streams[0] }));
    }
  };
  window.remoteStream = () => heard.findLast(({ connection }) => connection.signalingState !== "closed")?.stream;
}
