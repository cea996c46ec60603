"""What touches a DAW: OSC, MIDI ports, clocks and the scheduler."""
