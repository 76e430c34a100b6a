"""What is written down in YAML.

`parts` reads a file and remembers where everything stood, so that a mistake is answered with file,
line and what to write instead; `amounts` are seconds, fixed or drawn; `knobs` are settings that can
be turned by name, from a file or from the console.
"""
