"""One command a file: `add(commands)` describes it, `run(options, config, console)` does it."""
