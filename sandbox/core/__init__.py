"""What happens on the telephone, without clock or network.

Layers, each importing only those above it:

    kernel  dates  sids  errors  effects  sounds             plain values and the trampoline
    config  faults  accounts  notifications  endpoints       settings and the people outside
    calls  conferences  queues  recordings        typed state, no behaviour over time
    switch                                        registries, clock, fetches, log, watchers
    orders                                        what a REST client can ask, already typed
    webhooks …                                    requests to the application
    … engines, TwiML verbs                        what moves calls
    carrier                                       the one object that others use: `Carrier`

Outside code builds a `Carrier`, feeds it `carrier.kernel.advance_to(now)`, performs
`carrier.take_fetches()` and reports `carrier.fetch_done(id, answer)`. Nothing here sleeps,
opens a socket, reads the wall clock or rolls unseeded dice.
"""
