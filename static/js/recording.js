/* A recording is played: from where one clicks, and from one side alone where one wants to. */
"use strict";

(() => {
  const sheet = (element) => element.closest("[data-recording]");
  const soundOf = (element) => sheet(element)?.querySelector("audio");

  const playFrom = (sound, second) => {
    const go = () => { sound.currentTime = second; sound.play(); };
    if (sound.readyState > 0) go();
    else { sound.addEventListener("loadedmetadata", go, { once: true }); sound.load(); }
  };

  document.addEventListener("click", (event) => {
    const mark = event.target.closest("[data-seek]");
    const bar = event.target.closest("[data-bar]");
    const sound = soundOf(event.target);
    if (!sound) return;
    if (mark) playFrom(sound, Number(mark.dataset.seek));
    else if (bar) {
      const box = bar.getBoundingClientRect();
      playFrom(sound, Number(bar.dataset.seconds) * (event.clientX - box.left) / box.width);
    }
  });

  /* The playhead. These events do not bubble, so they are caught on their way down. */
  document.addEventListener("timeupdate", (event) => {
    const bar = sheet(event.target)?.querySelector("[data-bar]");
    if (!bar) return;
    const x = bar.viewBox.baseVal.width * event.target.currentTime / Number(bar.dataset.seconds);
    for (const end of ["x1", "x2"]) bar.querySelector("[data-head]").setAttribute(end, x);
  }, true);

  /* One side alone is heard in both ears. A sound can be taken apart only once. */
  const apart = new WeakMap();
  const takeApart = (sound) => {
    if (apart.has(sound)) return apart.get(sound);
    const context = new AudioContext();
    const splitter = context.createChannelSplitter(2);
    context.createMediaElementSource(sound).connect(splitter);
    const sides = [0, 1].map((side) => {
      const gain = context.createGain();
      splitter.connect(gain, side);
      gain.connect(context.destination);
      return gain;
    });
    apart.set(sound, sides);
    return sides;
  };
  document.addEventListener("change", (event) => {
    const sound = event.target.matches("[data-side]") && soundOf(event.target);
    if (!sound) return;
    const wanted = event.target.value;
    takeApart(sound).forEach((gain, side) => {
      gain.gain.value = wanted === "both" || wanted === String(side) ? 1 : 0;
      gain.context.resume();
    });
  });
})();
