"""Sound as music: files, tempo and bars, notes, and drums apart from the rest."""
