/* For the sandbox carrier alone: Twilio's SDK opens wss:// only, and that carrier has no certificate.
   Loaded before the SDK, which keeps the sockets that it finds; only those to the carrier are plain. */
"use strict";

(() => {
  const { carrier } = document.currentScript.dataset;
  const Usual = window.WebSocket;
  window.WebSocket = class extends Usual {
    constructor(address, ...protocols) {
      const asked = new URL(address, location.href);
      if (asked.protocol === "wss:" && asked.host === carrier) asked.protocol = "ws:";
      super(asked.href, ...protocols);
    }
  };
})();
