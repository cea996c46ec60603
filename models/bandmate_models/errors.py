"""The one error a user is meant to read."""


class BandmateError(Exception):
    """Bad input or a missing thing: one line that says what is wrong and what to do.

    `code` is a short machine-readable word that OSC refusals carry (e.g. "bad_file", "bad_value").
    The command line prints the sentence and exits with code 2; nothing prints a traceback for it.
    """

    def __init__(self, sentence: str, code: str = "bad_input") -> None:
        super().__init__(sentence)
        self.code = code
