"""The documents that tell a call what to do, and the verbs that do it."""
