"""Tables that others have published: piano-rolls of JSB Chorales and Nottingham, in nats per frame."""
