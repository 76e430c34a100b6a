"""What the carrier knows as facts, as sound: 8 kHz, in ticks of 20 ms, without clock or network.

    sound                                     samples: silence, sums, other rates
    mulaw  tones  music  files                telephone coding, keys and beeps, hold music, WAV, MP3
    mouths  library                           what a far end says; sounds by name
    ears  tapes                               what is heard of facts; what recordings keep
    floor                                     every live leg, one tick at a time: `Floor`
    studio                                    what the carrier asks: `SoundStudio`
    voices  reader                            who reads texts out, in a process of its own

Who hears whom is never decided here: it is read off `call.hearing` and the rooms. A driver calls
`floor.tick()` fifty times a second, in real time or in a test's.
"""
