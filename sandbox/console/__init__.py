"""The console: one page on the carrier's own port, to look on and to take part.

html     elements as values, escaped by construction
views    what is going on, as plain values (also served as JSON)
panels   the parts of the page, made from views
wall     the faults, the log and the debugger
actions  what a visitor can do: dial, answer, press, say, hang up, turn a fault on
guard    who may: the page's own token, the page's own origin, a host that is this machine
pages    routes, and the socket that sends changed parts
"""
