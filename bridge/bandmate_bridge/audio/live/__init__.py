"""Sound as it happens: the band through a soundfont, a microphone as a player, the way between them."""
