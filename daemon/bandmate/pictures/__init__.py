"""A take as a picture: piano roll, waveform or spectrogram, as SVG or PNG."""
