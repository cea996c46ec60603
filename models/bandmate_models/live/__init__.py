"""Writing along with somebody who is still playing: two streams, one of them not known yet."""
