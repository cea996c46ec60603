"""Other programs' files: DAWproject, written; Ableton Live sets, read."""
