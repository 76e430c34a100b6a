"""Browsers with telephones in them: what Twilio's `@twilio/voice-sdk` asks of its carrier.

tokens      who somebody is and what they may, as their access token says
peers       one browser's sound, by WebRTC
signals     the messages of the signalling socket, in and out
talks       one call in one tab: it rings or is placed, is talked, is carried over, ends
clients     everybody who has registered; all tabs of an identity ring together
gateway     the socket at /signal
phone       a page of this carrier's own: anybody's telephone, with one's own voice

The protocol is not published. What is here is what version 2.18.5 of that package reads and sends;
what its servers may send beyond that is unknown.
"""
