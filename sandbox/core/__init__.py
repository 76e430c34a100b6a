"""What happens on the telephone, without clock or network.

Layers, each importing only those above it:

    kernel  dates  sids  errors  effects  sounds          plain values and the trampoline
    config  faults  accounts  notifications               settings, and who has an account
    signature  overrides  authorization  cookies          how webhooks are made
    recordings                                            typed state, no behaviour over time
    calls
    studio                                                who makes sound of facts, if anybody does
    endpoints  conferences  queues
    orders                                                what a REST client asks, already typed
    switch  parameters                                    books, clock, outgoing requests, watchers
    webhooks                                              one request, all its attempts
    callbacks  media                                      news, and the length of sounds
    recorder  legs                                        tapes; one leg from dialling to its end
    bridge  amd  pacing  queueing  room_news  twiml.run   what legs do together; documents
    lines  room_sounds
    rooms
    room_changes  twiml verbs
    twiml.table  outbound  live_update
    carrier                                               the one object that others use: `Carrier`

Outside code builds a `Carrier`, feeds it `carrier.kernel.advance_to(now)`, performs
`carrier.take_fetches()` and reports `carrier.fetch_done(id, answer)`. Nothing here sleeps,
opens a socket, reads the wall clock or rolls unseeded dice.
"""
