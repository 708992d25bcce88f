"""What the exit code of `workbench` tells; scripts may rely on these."""

DONE = 0
FAILED = 1
BAD_INPUT = 2
DIVERGED = 3
HUNG_UP = 129  # 128 + SIGHUP, as shells count
INTERRUPTED = 130  # 128 + SIGINT
BROKEN_PIPE = 141  # 128 + SIGPIPE: the reader has gone, as after `| head`
TERMINATED = 143  # 128 + SIGTERM

HELP = (
    "Exit codes: 0 done, 1 failed, 2 input that cannot be used, 3 the loss diverged, 130 interrupted by Ctrl-C "
    "(143 by SIGTERM, 129 by a closed terminal)."
)
