"""The exit codes of the commands that judge, as schedulers and scripts see them."""

OK, NOT_READY, WRONG_INPUT, UNDETERMINED, OWN_FAULT = 0, 1, 2, 3, 4
INTERRUPTED = 130
