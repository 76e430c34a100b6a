/* For every page of a person: their microphone, and what comes out of their telephone. */
{
  const devices = navigator.mediaDevices;
  const usual = { list: devices?.enumerateDevices.bind(devices), take: devices?.getUserMedia.bind(devices) };
  const taken = [], heard = [];
  let unplugged = false, spare = 0;

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
      const inputs = known.filter(({ kind }) => kind === "audioinput");
      return unplugged ? known.filter((each) => each.kind !== "audioinput" || each === inputs.at(-1)) : known;
    };
  }

  /* The microphone is pulled out; the last one of this machine stays, and hums at this pitch, or is
     broken, too. */
  window.unplug = (pitch) => {
    [unplugged, spare] = [true, pitch];
    for (const track of taken.splice(0)) {
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
