"""`bandmate evaluate`: what the shipped model is worth, on music that it has never seen."""
