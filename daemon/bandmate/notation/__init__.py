"""A score as sheet music: MusicXML of its own, and pages by an engraver where one is installed."""
