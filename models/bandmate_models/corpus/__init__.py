"""From MIDI files to memory-mapped tokens."""
