"""What can lead the clock: this program itself, MIDI clock, a host, Ableton Link, the player."""
