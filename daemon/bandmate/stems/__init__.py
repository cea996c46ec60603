"""Takes and MIDI files as folders of stems for a DAW."""
