/* What every telephone of the page can do. `twilio.js` is the real one, `silent.js` has no sound.

   start(token)        be called from now on; later `renew(token)`, at last `stop()`
   connect({leg})      call, to be let into a room; {test: "1"}: hear oneself. Resolves when connected
   answer(leg)         take what rings here. Resolves when connected
   hangUp(), digits(text), mute(on): in this call, and from its first moment in one that begins
   permission(), ask() of the microphone: granted, prompt, denied, impossible
   devices(), choose(kind, id), listen(on), level
   registered, started

   It tells:  ready, gone, expiring · rung, cancelled · broken, mended, over · warning, sound
              devices, permission · trouble {code, text} */

export class Teller {
  #heard = new Map();

  on(event, hear) {
    this.#heard.set(event, [...(this.#heard.get(event) ?? []), hear]);
    return this;
  }

  tell(event, news = {}) {
    for (const hear of this.#heard.get(event) ?? []) hear(news);
  }
}

/* Why something could not be: a number that the carrier's documentation explains, and its words. */
export class Trouble extends Error {
  constructor(code, text) {
    super(text);
    this.code = code;
  }

  static of(error) {
    return error instanceof Trouble ? error : new Trouble(error?.code ?? 0, error?.message ?? String(error));
  }
}
